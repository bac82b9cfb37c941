/// One bit for each row, at an address that stays: bit r % 64 of word r / 64, zeros behind the last row.
// Unchecked: its creator changes it before others see it, or while it alone works on the index.
final class RowBits: @unchecked Sendable {
    let count: Int
    let words: UnsafeMutablePointer<UInt64>
    var wordCount: Int { (count + 63) / 64 }
    var bytes: Int { max(wordCount, 1) * MemoryLayout<UInt64>.size }

    init(count: Int, filledWith value: Bool = false) {
        self.count = count
        let words = (count + 63) / 64
        self.words = .allocate(capacity: max(words, 1))
        self.words.initialize(repeating: value ? ~0 : 0, count: max(words, 1))
        clearTail()
    }

    init(copying other: RowBits) {
        count = other.count
        words = .allocate(capacity: max(other.wordCount, 1))
        words.initialize(from: other.words, count: max(other.wordCount, 1))
    }

    deinit { words.deallocate() }

    subscript(row: Int) -> Bool {
        get { words[row / 64] & (1 << UInt64(row % 64)) != 0 }
        set {
            if newValue {
                words[row / 64] |= 1 << UInt64(row % 64)
            } else {
                words[row / 64] &= ~(1 << UInt64(row % 64))
            }
        }
    }

    /// Rows whose bit is set.
    var ones: Int { (0..<wordCount).reduce(0) { $0 + words[$1].nonzeroBitCount } }

    /// Sets the bits of the rows that pass.
    @inline(__always)
    func set(where passes: (Int) -> Bool) {
        for word in 0..<wordCount {
            var bits: UInt64 = 0
            for bit in 0..<min(64, count - word * 64) where passes(word * 64 + bit) { bits |= 1 << UInt64(bit) }
            words[word] |= bits
        }
    }

    /// Keeps what is set in both; the other may be longer.
    func formIntersection(_ other: RowBits) {
        for word in 0..<wordCount { words[word] &= word < other.wordCount ? other.words[word] : 0 }
    }

    func formUnion(_ other: RowBits) {
        for word in 0..<min(wordCount, other.wordCount) { words[word] |= other.words[word] }
    }

    func invert() {
        for word in 0..<wordCount { words[word] = ~words[word] }
        clearTail()
    }

    /// The rows whose bit is set, in order.
    var rows: [Int] {
        var rows: [Int] = []
        for word in 0..<wordCount {
            var bits = words[word]
            while bits != 0 {
                rows.append(word * 64 + bits.trailingZeroBitCount)
                bits &= bits - 1
            }
        }
        return rows
    }

    private func clearTail() {
        if count % 64 != 0 { words[count / 64] &= (1 << UInt64(count % 64)) - 1 }
    }
}

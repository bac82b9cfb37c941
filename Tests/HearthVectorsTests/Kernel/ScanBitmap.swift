import HearthTesting

/// Which rows take part: one bit each, and rubbish behind the last.
struct ScanBitmap {
    let words: [UInt64]
    let rows: [Int]

    init(_ isIn: [Bool], using random: inout RepeatableRandom) {
        var words = (0..<(isIn.count + 63) / 64).map { _ in UInt64.random(in: 0...UInt64.max, using: &random) }
        for (row, isIn) in isIn.enumerated() {
            if isIn { words[row / 64] |= 1 << (row % 64) } else { words[row / 64] &= ~(1 << (row % 64)) }
        }
        self.words = words
        rows = isIn.indices.filter { isIn[$0] }
    }

    /// Runs of full words, empty words and words of every density.
    init(rows: Int, using random: inout RepeatableRandom) {
        var isIn: [Bool] = []
        while isIn.count < rows {
            let percent = [0, 0, 1, 10, 50, 90, 100, 100][Int.random(in: 0..<8, using: &random)]
            let run = [1, 63, 64, 65, 200][Int.random(in: 0..<5, using: &random)]
            for _ in 0..<run { isIn.append(random.chance(percent)) }
        }
        self.init(Array(isIn.prefix(rows)), using: &random)
    }
}

/// SentencePiece's compiled normalisation rules: a trie of what is replaced (a double array as darts-clone lays it
/// out) and the replacements, each ended by a zero byte.
struct CharacterMap: Sendable {
    private let units: [UInt32]
    private let replacements: [UInt8]

    /// The longest grapheme cluster that is looked up whole, in bytes; longer ones go scalar by scalar.
    private static let maximumClusterBytes = 5

    /// Nil when the blob is not such a map.
    init?(_ blob: [UInt8]) {
        guard blob.count >= 4 else { return nil }
        let size = Int(Self.word(blob, at: 0))
        guard size % 4 == 0, size > 0, size <= blob.count - 4 else { return nil }
        units = stride(from: 4, to: 4 + size, by: 4).map { Self.word(blob, at: $0) }
        replacements = Array(blob[(4 + size)...])
        guard String(validating: replacements, as: UTF8.self) != nil else { return nil }
    }

    private static func word(_ bytes: [UInt8], at index: Int) -> UInt32 {
        bytes[index..<index + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// What stands for `range` of `bytes`; nil when nothing does.
    ///
    /// The reference takes the shortest entry that the bytes begin with and lets it stand for all of them, and models
    /// were trained so.
    private func replacement(of range: Range<Int>, in bytes: [UInt8]) -> ArraySlice<UInt8>? {
        var position = Self.offset(units[0])
        for byte in bytes[range] {
            guard byte != 0 else { return nil }
            position ^= Int(byte)
            guard position < units.count else { return nil }
            let unit = units[position]
            guard unit & 0x8000_00FF == UInt32(byte) else { return nil }
            position ^= Self.offset(unit)
            guard unit >> 8 & 1 == 1 else { continue }
            guard position < units.count else { return nil }
            let start = Int(units[position] & 0x7FFF_FFFF)
            guard start <= replacements.count else { return nil }
            return replacements[start...].prefix { $0 != 0 }
        }
        return nil
    }

    private static func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 0x200) >> 6) }

    /// A text with all replacements made.
    func applied(to bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            // An ASCII character in front of another is a cluster of its own, unless they are CR and LF.
            let end = asciiEnd(bytes, from: position)
            while position < end {
                append(position..<position + 1, of: bytes, to: &result)
                position += 1
            }
            guard position < bytes.count else { break }
            let stop = otherEnd(bytes, from: position)
            for cluster in String(decoding: bytes[position..<stop], as: UTF8.self) {
                let range = position..<position + cluster.utf8.count
                append(cluster: range, of: bytes, to: &result)
                position = range.upperBound
            }
        }
        return result
    }

    /// The end of the run of ASCII characters that are clusters of their own whatever follows the run.
    private func asciiEnd(_ bytes: [UInt8], from start: Int) -> Int {
        var end = start
        while end < bytes.count, bytes[end] < 0x80, bytes[end] != 0x0D,
            end + 1 == bytes.count || bytes[end + 1] < 0x80
        {
            end += 1
        }
        return end
    }

    /// The next place behind `start` where two ASCII characters meet that no cluster spans.
    private func otherEnd(_ bytes: [UInt8], from start: Int) -> Int {
        var end = start + 1
        while end < bytes.count {
            if bytes[end] < 0x80, bytes[end - 1] < 0x80, !(bytes[end] == 0x0A && bytes[end - 1] == 0x0D) { break }
            end += 1
        }
        return end
    }

    private func append(cluster: Range<Int>, of bytes: [UInt8], to result: inout [UInt8]) {
        if cluster.count <= Self.maximumClusterBytes, let replacement = replacement(of: cluster, in: bytes) {
            result += replacement
            return
        }
        var position = cluster.lowerBound
        while position < cluster.upperBound {
            let end = position + UTF8Text.length(bytes[position])
            append(position..<end, of: bytes, to: &result)
            position = end
        }
    }

    private func append(_ scalar: Range<Int>, of bytes: [UInt8], to result: inout [UInt8]) {
        result += replacement(of: scalar, in: bytes) ?? bytes[scalar]
    }
}

/// WordPiece (Schuster and Nakajima 2012, as BERT uses it): the longest token that a word begins with, then the longest
/// continuation of the rest, and so on; a word that this does not use up is unknown as a whole.
struct WordPieceModel: Sendable {
    let vocabulary: ByteTrie
    let unknown: Int32
    /// Where tokens that continue a word begin; nil when there are none.
    let continuation: ByteTrie.Node?
    /// Longer words are unknown; in scalars.
    let maximumWordLength: Int

    func append(_ bytes: [UInt8], _ word: Range<Int>, to ids: inout [Int32]) {
        guard !isTooLong(bytes, word) else {
            ids.append(unknown)
            return
        }
        let count = ids.count
        var start = word.lowerBound
        while start < word.upperBound {
            guard let first = start == word.lowerBound ? 0 : continuation,
                let (id, end) = longestToken(bytes, start..<word.upperBound, from: first)
            else {
                ids.removeLast(ids.count - count)
                ids.append(unknown)
                return
            }
            ids.append(id)
            start = end
        }
    }

    private func isTooLong(_ bytes: [UInt8], _ word: Range<Int>) -> Bool {
        guard word.count > maximumWordLength else { return false }
        var length = 0
        for index in word where bytes[index] & 0xC0 != 0x80 { length += 1 }
        return length > maximumWordLength
    }

    @inline(__always)
    private func longestToken(
        _ bytes: [UInt8], _ range: Range<Int>, from first: ByteTrie.Node
    ) -> (id: Int32, end: Int)? {
        var node = first
        var found: (id: Int32, end: Int)?
        for index in range {
            guard let next = vocabulary.next(node, bytes[index]) else { break }
            node = next
            let id = vocabulary.id(at: node)
            if id >= 0 { found = (id, index + 1) }
        }
        return found
    }
}

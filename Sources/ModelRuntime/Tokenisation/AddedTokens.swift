/// Tokens that are found in the text before anything else is done to it, such as "[MASK]".
struct AddedTokens: Sendable {
    struct Token: Sendable {
        let content: [UInt8]
        let id: Int32
        /// Only where no letter or digit touches it.
        let isSingleWord: Bool
        /// Swallows the white space in front of it.
        let stripsLeft: Bool
        /// Swallows the white space behind it.
        let stripsRight: Bool
    }

    /// A stretch of text, or a token with what it has swallowed.
    struct Section {
        var range: Range<Int>
        var id: Int32?
    }

    /// The longest of the tokens that begin at a place; values are indexes of `tokens`.
    private var trie: ByteTrie
    private var tokens: [Token] = []

    init(_ tokens: [Token]) {
        trie = ByteTrie(expectedNodes: tokens.count * 8)
        for token in tokens {
            trie.insert(token.content, id: Int32(self.tokens.count))
            self.tokens.append(token)
        }
    }

    var isEmpty: Bool { tokens.isEmpty }

    /// The whole text in sections, in order.
    func sections(of bytes: [UInt8]) -> [Section] {
        guard !tokens.isEmpty else { return [Section(range: 0..<bytes.count, id: nil)] }
        var sections: [Section] = []
        var end = 0
        var position = 0
        while position < bytes.count {
            guard let (index, matchEnd) = longestToken(bytes, at: position) else {
                position += 1
                continue
            }
            let token = tokens[index]
            let match = position..<matchEnd
            // A token that may not stand here hides those that begin inside of it all the same.
            position = matchEnd
            guard !token.isSingleWord || standsAlone(match, in: bytes) else { continue }
            var (start, stop) = (match.lowerBound, match.upperBound)
            if token.stripsLeft { start = max(Self.spaceStart(bytes, before: start), end) }
            if token.stripsRight { stop = Self.spaceEnd(bytes, from: stop) }
            if end < start { sections.append(Section(range: end..<start, id: nil)) }
            sections.append(Section(range: min(start, stop)..<stop, id: token.id))
            end = stop
        }
        if end != bytes.count { sections.append(Section(range: end..<bytes.count, id: nil)) }
        return sections
    }

    @inline(__always)
    private func longestToken(_ bytes: [UInt8], at start: Int) -> (index: Int, end: Int)? {
        var node: ByteTrie.Node = 0
        var found: (index: Int, end: Int)?
        var index = start
        while index < bytes.count, let next = trie.next(node, bytes[index]) {
            node = next
            index += 1
            let token = trie.id(at: node)
            if token >= 0 { found = (Int(token), index) }
        }
        return found
    }

    private func standsAlone(_ match: Range<Int>, in bytes: [UInt8]) -> Bool {
        if match.lowerBound > 0 {
            let before = UTF8Text.start(bytes, before: match.lowerBound)
            if ScalarClass.isWord(UTF8Text.scalar(bytes, at: before).value) { return false }
        }
        guard match.upperBound < bytes.count else { return true }
        return !ScalarClass.isWord(UTF8Text.scalar(bytes, at: match.upperBound).value)
    }

    private static func spaceStart(_ bytes: [UInt8], before index: Int) -> Int {
        var start = index
        while start > 0 {
            let previous = UTF8Text.start(bytes, before: start)
            guard ScalarClass.isWhitespace(UTF8Text.scalar(bytes, at: previous).value) else { break }
            start = previous
        }
        return start
    }

    private static func spaceEnd(_ bytes: [UInt8], from index: Int) -> Int {
        var end = index
        while end < bytes.count {
            let (value, length) = UTF8Text.scalar(bytes, at: end)
            guard ScalarClass.isWhitespace(value) else { break }
            end += length
        }
        return end
    }
}

/// Byte pair encoding (Sennrich et al. 2016): the characters of a word, joined pair by pair in the order in which the
/// training found the pairs.
struct BytePairModel: Sendable {
    let vocabulary: ByteTrie
    let merges: MergeTable
    /// Nil when an unknown character is dropped.
    let unknown: Int32?
    let fusesUnknown: Bool
    /// Whether a word that is a token is taken as it is.
    let ignoresMerges: Bool
    /// In front of every character but a word's first.
    let continuingPrefix: [UInt8]
    /// Behind a word's last character.
    let endSuffix: [UInt8]
    /// The tokens "<0x00>" to "<0xFF>" or -1, which spell what is unknown; empty when they are not used.
    let byteTokens: [Int32]

    func append(_ bytes: [UInt8], _ word: Range<Int>, to ids: inout [Int32], _ work: inout BytePairMerger) {
        if ignoresMerges, let id = vocabulary.id(of: bytes[word]) {
            ids.append(id)
            return
        }
        work.removeAll()
        var pendingUnknown = false
        var position = word.lowerBound
        while position < word.upperBound {
            let end = position + UTF8Text.length(bytes[position])
            if let id = character(bytes, position..<end, of: word) {
                if pendingUnknown, let unknown { work.append(unknown) }
                pendingUnknown = false
                work.append(id)
            } else if !spell(bytes, position..<end, of: word, &work), let unknown {
                // As in the reference, an unknown character waits for the next known one, past any spelled in bytes.
                if pendingUnknown, !fusesUnknown { work.append(unknown) }
                pendingUnknown = true
            }
            position = end
        }
        if pendingUnknown, let unknown { work.append(unknown) }
        work.merge(by: merges)
        ids += work.symbols
    }

    @inline(__always)
    private func character(_ bytes: [UInt8], _ range: Range<Int>, of word: Range<Int>) -> Int32? {
        var node: ByteTrie.Node? = 0
        if range.lowerBound > word.lowerBound, !continuingPrefix.isEmpty {
            node = vocabulary.node(after: continuingPrefix)
        }
        for index in range {
            guard let start = node else { return nil }
            node = vocabulary.next(start, bytes[index])
        }
        if range.upperBound == word.upperBound, !endSuffix.isEmpty, let start = node {
            node = vocabulary.node(after: endSuffix, from: start)
        }
        guard let node else { return nil }
        let id = vocabulary.id(at: node)
        return id < 0 ? nil : id
    }

    /// Appends the byte tokens of a character; false when one of them is missing. What is put around the character is
    /// spelled with it.
    private func spell(
        _ bytes: [UInt8], _ range: Range<Int>, of word: Range<Int>, _ work: inout BytePairMerger
    ) -> Bool {
        guard !byteTokens.isEmpty else { return false }
        var spelled: [Int32] = []
        if range.lowerBound > word.lowerBound { spelled += continuingPrefix.map { byteTokens[Int($0)] } }
        spelled += bytes[range].map { byteTokens[Int($0)] }
        if range.upperBound == word.upperBound { spelled += endSuffix.map { byteTokens[Int($0)] } }
        guard !spelled.contains(where: { $0 < 0 }) else { return false }
        for id in spelled { work.append(id) }
        return true
    }
}

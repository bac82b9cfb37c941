import HearthCore
import HearthJSON

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

/// Which pairs of tokens join, in what order, and to which token; a hash table with open addressing.
struct MergeTable: Sendable {
    struct Merge {
        /// Lower ones come first.
        let rank: UInt32
        let id: Int32
    }

    private var pairs: [UInt64]
    private var merges: [Merge]
    private let mask: Int

    /// No id is negative, so no pair looks like this.
    private static let free = UInt64.max

    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        pairs = [UInt64](repeating: Self.free, count: size)
        merges = [Merge](repeating: Merge(rank: 0, id: 0), count: size)
        mask = size - 1
    }

    /// Of a pair that is there twice the last counts. At most as many pairs as the capacity says.
    mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) {
        let pair = Self.pair(left, right)
        var place = Self.place(pair) & mask
        while pairs[place] != Self.free, pairs[place] != pair { place = (place + 1) & mask }
        pairs[place] = pair
        merges[place] = merge
    }

    @inline(__always)
    subscript(left: Int32, right: Int32) -> Merge? {
        let pair = Self.pair(left, right)
        var place = Self.place(pair) & mask
        while true {
            let found = pairs[place]
            if found == pair { return merges[place] }
            if found == Self.free { return nil }
            place = (place + 1) & mask
        }
    }

    @inline(__always)
    private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    @inline(__always)
    private static func place(_ pair: UInt64) -> Int {
        Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> 32)
    }
}

/// Reads the "merges" of a byte pair model: `"a b"` in older files, `["a", "b"]` in newer ones.
enum BytePairMergesReader {
    /// - Parameter prefixLength: bytes that a second token has in front and that its pair's token has not.
    static func merges(
        _ field: TokenizerField, _ vocabulary: ByteTrie, prefixLength: Int
    ) throws(HearthError) -> MergeTable {
        guard field.kind == .array else { throw field.refusal("is not an array") }
        let document = field.document
        let values = Int(document.nodes[field.node].next) - field.node - 1
        let isPaired = values > 0 && document.nodes[field.node + 1].kind == .array
        var table = MergeTable(capacity: isPaired ? values / 3 + 1 : values)
        var rank: UInt32 = 0
        var index = 0
        var left: [UInt8] = []
        var right: [UInt8] = []
        try field.forEachElement { (node: Int) throws(HearthError) in
            defer { index += 1 }
            guard (document.nodes[node].kind == .array) == isPaired, read(document, node, &left, &right) else {
                throw field.refusal("has at \(index) what is not two tokens")
            }
            // The line that names the version of the format.
            if right.isEmpty, left.starts(with: "#version".utf8) { return }
            guard right.count >= prefixLength, let start = vocabulary.node(after: left),
                vocabulary.id(at: start) >= 0, let second = vocabulary.id(of: right),
                let joined = vocabulary.node(after: right[prefixLength...], from: start),
                vocabulary.id(at: joined) >= 0
            else { throw field.refusal("joins at \(index) tokens that are not in the vocabulary") }
            let merge = MergeTable.Merge(rank: rank, id: vocabulary.id(at: joined))
            table.insert(vocabulary.id(at: start), second, merge)
            rank += 1
        }
        return table
    }

    /// False when there are not two tokens. The version's line comes out as a first token alone.
    private static func read(
        _ document: TokenizerDocument, _ node: Int, _ left: inout [UInt8], _ right: inout [UInt8]
    ) -> Bool {
        if document.nodes[node].kind == .array {
            guard document.nodes[node].next == node + 3, document.nodes[node + 1].isString,
                document.nodes[node + 2].isString
            else { return false }
            document.read(node + 1, into: &left)
            document.read(node + 2, into: &right)
            return true
        }
        guard document.nodes[node].isString else { return false }
        document.read(node, into: &left)
        right.removeAll(keepingCapacity: true)
        if left.starts(with: "#version".utf8) { return true }
        guard let space = left.firstIndex(of: 0x20), !left[(space + 1)...].contains(0x20) else { return false }
        right.append(contentsOf: left[(space + 1)...])
        left.removeLast(left.count - space)
        return true
    }
}

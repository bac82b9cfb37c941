import HearthCore
import HearthJSON

/// Reads the "model" of a `tokenizer.json`.
enum TokenModelReader {
    /// A vocabulary with the number of its tokens and the highest id.
    typealias Vocabulary = (trie: ByteTrie, count: Int, highest: Int)

    static func model(
        _ field: TokenizerField
    ) throws(HearthError) -> (model: TokenModel, count: Int, highest: Int) {
        let named = try field.optional("type")?.string()
        let type = if let named { named } else { try impliedType(field) }
        switch type {
        case "WordPiece": return try wordPiece(field)
        case "BPE": return try bytePairs(field)
        case "Unigram": return try unigram(field)
        default: throw field.refusal("is of the type \"\(type.prefix(40))\", which is not supported")
        }
    }

    /// Old files do not name the type; it shows in the fields.
    private static func impliedType(_ field: TokenizerField) throws(HearthError) -> String {
        if try field.optional("merges") != nil { return "BPE" }
        if try field.optional("max_input_chars_per_word") != nil { return "WordPiece" }
        return try field.required("vocab").kind == .array ? "Unigram" : "unnamed"
    }

    private static func wordPiece(
        _ field: TokenizerField
    ) throws(HearthError) -> (model: TokenModel, count: Int, highest: Int) {
        let (trie, count, highest) = try vocabulary(field.required("vocab"))
        let unknown = try field.required("unk_token")
        guard let id = trie.id(of: try unknown.bytes()) else { throw unknown.refusal("is not in the vocabulary") }
        let prefix = try field.required("continuing_subword_prefix").bytes()
        let length = try field.required("max_input_chars_per_word").integer(maximum: 1 << 53)
        let model = WordPieceModel(
            vocabulary: trie, unknown: id, continuation: trie.node(after: prefix), maximumWordLength: length)
        return (.wordPiece(model), count, highest)
    }

    private static func unigram(
        _ field: TokenizerField
    ) throws(HearthError) -> (model: TokenModel, count: Int, highest: Int) {
        let list = try field.required("vocab")
        let document = list.document
        guard list.kind == .array else { throw list.refusal("is not an array") }
        // Tokens share their beginnings, so there are about three nodes a token.
        var trie = ByteTrie(expectedNodes: Int(document.nodes[list.node].next) - list.node)
        var scores: [Double] = []
        var token: [UInt8] = []
        try list.forEachElement { (node: Int) throws(HearthError) in
            guard document.nodes[node].kind == .array, document.nodes[node].next == node + 3,
                document.nodes[node + 1].isString, document.nodes[node + 2].isNumber,
                let score = document.number(node + 2)
            else { throw list.refusal("has at \(scores.count) what is not a token and its score") }
            guard scores.count < Limits.tokenizerVocabulary, !trie.isFull else {
                throw list.refusal("has too many tokens")
            }
            document.read(node + 1, into: &token)
            trie.insert(token, id: Int32(scores.count))
            scores.append(score)
        }
        let unknown = try field.required("unk_id")
        let id = try unknown.identifier()
        guard Int(id) < scores.count else { throw unknown.refusal("is not in the vocabulary") }
        let spells = try field.optional("byte_fallback")?.bool() ?? false
        let model = UnigramModel(
            vocabulary: trie, scores: scores, unknown: id, byteTokens: spells ? byteTokens(trie) : [])
        return (.unigram(model), scores.count, scores.count - 1)
    }

    private static func bytePairs(
        _ field: TokenizerField
    ) throws(HearthError) -> (model: TokenModel, count: Int, highest: Int) {
        let (trie, count, highest) = try vocabulary(field.required("vocab"))
        if let dropout = try field.optional("dropout"), dropout.document.number(at: dropout) != 0 {
            throw dropout.refusal("is set, which makes the tokens a matter of chance")
        }
        let prefix = try field.optional("continuing_subword_prefix")?.bytes() ?? []
        let model = BytePairModel(
            vocabulary: trie,
            merges: try BytePairMergesReader.merges(field.required("merges"), trie, prefixLength: prefix.count),
            unknown: try unknownToken(field, trie), fusesUnknown: try flag(field, "fuse_unk"),
            ignoresMerges: try flag(field, "ignore_merges"), continuingPrefix: prefix,
            endSuffix: try field.optional("end_of_word_suffix")?.bytes() ?? [],
            byteTokens: try flag(field, "byte_fallback") ? byteTokens(trie) : [])
        return (.bytePairs(model), count, highest)
    }

    private static func flag(_ field: TokenizerField, _ key: String) throws(HearthError) -> Bool {
        try field.optional(key)?.bool() ?? false
    }

    /// A model that knows every byte needs no unknown token, whatever its file says.
    private static func unknownToken(_ field: TokenizerField, _ trie: ByteTrie) throws(HearthError) -> Int32? {
        guard let unknown = try field.optional("unk_token") else { return nil }
        if let id = trie.id(of: try unknown.bytes()) { return id }
        let letters = ByteAlphabet.encoded(Array(0...255))
        var position = 0
        while position < letters.count {
            let end = position + UTF8Text.length(letters[position])
            guard trie.id(of: letters[position..<end]) != nil else { throw unknown.refusal("is not in the vocabulary") }
            position = end
        }
        return nil
    }

    /// The ids of "<0x00>" to "<0xFF>", -1 for those that are missing.
    private static func byteTokens(_ trie: ByteTrie) -> [Int32] {
        let digits = Array("0123456789ABCDEF".utf8)
        return (0...255).map { byte in
            trie.id(of: Array("<0x".utf8) + [digits[byte >> 4], digits[byte & 15], UInt8(ascii: ">")]) ?? -1
        }
    }

    private static func vocabulary(_ field: TokenizerField) throws(HearthError) -> Vocabulary {
        guard field.kind == .object else { throw field.refusal("is not an object") }
        let document = field.document
        let node = document.nodes[field.node]
        // Tokens share their beginnings, so there are about two or three nodes a token.
        var trie = ByteTrie(expectedNodes: Int(node.next) - field.node)
        var used = [Bool](repeating: false, count: (Int(node.next) - field.node) / 2)
        var count = 0
        var highest = -1
        var token: [UInt8] = []
        try field.forEachMember { (key: Int, value: Int) throws(HearthError) in
            guard let id = document.integer(value), id < Limits.tokenizerVocabulary, !trie.isFull else {
                throw field.refusal("has a token whose id is not a whole number below \(Limits.tokenizerVocabulary)")
            }
            if id >= used.count { used += repeatElement(false, count: id + 1 - used.count) }
            guard !used[id] else { throw field.refusal("gives the id \(id) to two tokens") }
            used[id] = true
            document.read(key, into: &token)
            guard trie.id(of: token) == nil else { throw field.refusal("has the token of id \(id) twice") }
            trie.insert(token, id: Int32(id))
            count += 1
            highest = max(highest, id)
        }
        guard count > 0 else { throw field.refusal("is empty") }
        return (trie, count, highest)
    }
}

extension TokenizerDocument {
    /// The number that a field holds; nil when it is none.
    fileprivate func number(at field: TokenizerField) -> Double? {
        nodes[field.node].isNumber ? number(field.node) : nil
    }
}

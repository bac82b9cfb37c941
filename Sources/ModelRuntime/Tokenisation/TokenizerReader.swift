import HearthCore

/// Builds a tokeniser from the parts that a `tokenizer.json` describes.
enum TokenizerReader {
    /// The tokens of "added_tokens".
    struct Added {
        var raw: [AddedTokens.Token] = []
        var normal: [AddedTokens.Token] = []
        var ids: [[UInt8]: Int32] = [:]
    }

    /// Names that a padding token goes by, where the file does not say.
    private static let paddingNames = ["[PAD]", "<pad>", "<PAD>", "<|pad|>", "<|padding|>", "<|endoftext|>"]

    static func tokenizer(_ root: TokenizerField) throws(HearthError) -> Tokenizer {
        if let version = try root.optional("version"), try version.string() != "1.0" {
            throw version.refusal("is \"\(try version.string().prefix(20))\"", hint: "Only \"1.0\" is known.")
        }
        let normalizer = try optional(root, "normalizer", TextNormalizerReader.normalizer)
        let preTokenizer = try optional(root, "pre_tokenizer", PreTokenizerReader.preTokenizer)
        let (model, count, highest) = try TokenModelReader.model(root.required("model"))
        var size = highest + 1
        let added = try addedTokens(root, model.vocabulary, count: count, normalizer, &size)
        let special = try SpecialTokensReader.specialTokens(root.optional("post_processor"))
        if let stray = (special.before + special.after).first(where: { Int($0.id) >= size }) {
            throw root.refusal("has the special token \(stray.id), which is not in the vocabulary")
        }
        return Tokenizer(
            added: added, normalizer: normalizer, preTokenizer: preTokenizer, model: model, specialTokens: special,
            vocabularySize: size, paddingID: try paddingID(root, added, model.vocabulary, size: size))
    }

    private static func optional<Part>(
        _ root: TokenizerField, _ key: String, _ read: (TokenizerField) throws(HearthError) -> Part
    ) throws(HearthError) -> Part? {
        guard let field = try root.optional(key) else { return nil }
        return try read(field)
    }

    /// Ids are those of the model's vocabulary; a token that it lacks gets the next free one, as in the reference,
    /// which does not look at the ids in the list.
    private static func addedTokens(
        _ root: TokenizerField, _ vocabulary: ByteTrie, count: Int, _ normalizer: TextNormalizer?, _ size: inout Int
    ) throws(HearthError) -> Added {
        var added = Added()
        guard let list = try root.optional("added_tokens") else { return added }
        var nextID = count
        var tokens: [Int32: (field: TokenizerField, isNormalized: Bool, token: AddedTokens.Token)] = [:]
        for field in try list.elements() {
            let content = try field.required("content").bytes()
            _ = try field.required("id").identifier()
            let isNormalized = try field.required("normalized").bool()
            guard !content.isEmpty else { continue }
            let known = added.ids[content] ?? vocabulary.id(of: content)
            guard nextID < Limits.tokenizerVocabulary else { throw list.refusal("has too many tokens") }
            let id = known ?? Int32(nextID)
            if known == nil { nextID += 1 }
            added.ids[content] = id
            size = max(size, Int(id) + 1)
            var form = NormalizedText(bytes: content, isAtStart: true)
            if isNormalized { normalizer?.apply(to: &form) }
            tokens[id] = (
                field, isNormalized,
                AddedTokens.Token(
                    content: form.bytes, id: id, isSingleWord: try field.required("single_word").bool(),
                    stripsLeft: try field.required("lstrip").bool(),
                    stripsRight: try field.required("rstrip").bool())
            )
        }
        var seen: [Bool: Set<[UInt8]>] = [:]
        for (_, entry) in tokens.sorted(by: { $0.key < $1.key }) {
            guard !entry.token.content.isEmpty else { throw entry.field.refusal("is empty in its normal form") }
            guard seen[entry.isNormalized, default: []].insert(entry.token.content).inserted else {
                throw entry.field.refusal("has the same normal form as another token")
            }
            if entry.isNormalized { added.normal.append(entry.token) } else { added.raw.append(entry.token) }
        }
        return added
    }

    private static func paddingID(
        _ root: TokenizerField, _ added: Added, _ vocabulary: ByteTrie, size: Int
    ) throws(HearthError) -> Int32 {
        if let padding = try root.optional("padding"), let field = try padding.optional("pad_id") {
            let id = try field.identifier()
            guard Int(id) < size else { throw field.refusal("is not in the vocabulary") }
            return id
        }
        return paddingNames.lazy.compactMap { added.ids[Array($0.utf8)] ?? vocabulary.id(of: $0.utf8) }.first ?? 0
    }
}

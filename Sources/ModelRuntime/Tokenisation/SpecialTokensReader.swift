import HearthCore

/// What a model wants around the tokens of a text: "[CLS]" in front, "[SEP]" behind.
struct SpecialTokens: Sendable {
    struct Token: Sendable {
        var id: Int32
        var typeID: Int32
    }

    var before: [Token] = []
    var after: [Token] = []
    /// Of the text's own tokens.
    var typeID: Int32 = 0

    var count: Int { before.count + after.count }
}

/// Reads the "post_processor" of a `tokenizer.json`, as far as it is about single texts.
enum SpecialTokensReader {
    static func specialTokens(_ field: TokenizerField?) throws(HearthError) -> SpecialTokens {
        var tokens = SpecialTokens()
        if let field { try process(field, &tokens) }
        return tokens
    }

    private static func process(_ field: TokenizerField, _ tokens: inout SpecialTokens) throws(HearthError) {
        let type = try field.required("type").string()
        switch type {
        case "ByteLevel": break
        case "BertProcessing": try surround(field, &tokens)
        case "RobertaProcessing":
            // All of this family's tokens are of type 0.
            tokens.typeID = 0
            for index in tokens.before.indices { tokens.before[index].typeID = 0 }
            for index in tokens.after.indices { tokens.after[index].typeID = 0 }
            try surround(field, &tokens)
        case "TemplateProcessing": try template(field, &tokens)
        case "Sequence":
            for step in try field.required("processors").elements() { try process(step, &tokens) }
        default: throw field.refusal("is of the type \"\(type.prefix(40))\", which is not supported")
        }
    }

    private static func surround(_ field: TokenizerField, _ tokens: inout SpecialTokens) throws(HearthError) {
        tokens.before.insert(SpecialTokens.Token(id: try pairedID(field.required("cls")), typeID: 0), at: 0)
        tokens.after.append(SpecialTokens.Token(id: try pairedID(field.required("sep")), typeID: 0))
    }

    /// The id of `["[CLS]", 101]`.
    private static func pairedID(_ field: TokenizerField) throws(HearthError) -> Int32 {
        let parts = try field.elements()
        guard parts.count == 2 else { throw field.refusal("is not a token and its id") }
        return try parts[1].identifier()
    }

    private static func template(_ field: TokenizerField, _ tokens: inout SpecialTokens) throws(HearthError) {
        let single = try field.required("single")
        let known = try field.required("special_tokens")
        var before: [SpecialTokens.Token] = []
        var after: [SpecialTokens.Token] = []
        var textType: Int32?
        for piece in try single.elements() {
            if let sequence = try piece.optional("Sequence") {
                guard try sequence.required("id").string() == "A", textType == nil else {
                    throw sequence.refusal("is not the one text that a template for single texts has")
                }
                textType = try sequence.required("type_id").identifier()
                continue
            }
            let special = try piece.required("SpecialToken")
            let name = try special.required("id").string()
            let typeID = try special.required("type_id").identifier()
            for id in try known.required(name).required("ids").elements() {
                let token = SpecialTokens.Token(id: try id.identifier(), typeID: typeID)
                if textType == nil { before.append(token) } else { after.append(token) }
            }
        }
        guard let textType else { throw single.refusal("has no place for the text") }
        // What an earlier step has put around the text is part of the text for this one.
        for index in tokens.before.indices { tokens.before[index].typeID = textType }
        for index in tokens.after.indices { tokens.after[index].typeID = textType }
        tokens.before = before + tokens.before
        tokens.after += after
        tokens.typeID = textType
    }
}

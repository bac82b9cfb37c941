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

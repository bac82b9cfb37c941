import HearthCore

/// Reads the patterns of a `tokenizer.json`: `{"String": …}` or `{"Regex": …}`.
enum TextPatternReader {
    static func pattern(_ field: TokenizerField) throws(HearthError) -> TextPattern {
        if let text = try field.optional("String") { return TextPatternParser.literal(try text.string()) }
        let expression = try field.required("Regex")
        let text = try expression.string()
        do throws(TextPatternParser.Failure) {
            return try TextPatternParser.pattern(text)
        } catch {
            throw expression.refusal(error.reason)
        }
    }
}

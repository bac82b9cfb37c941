/// Names that clients give to things of their own, by which they find them again.
package enum CheckedWord {
    /// A name that is neither empty nor too long and has no control characters.
    /// - Throws: ``HearthError`` `invalid_request`.
    package static func read(_ text: String, field: String, limit: Int) throws(HearthError) -> String {
        guard (1...limit).contains(text.unicodeScalars.count),
            !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else {
            throw HearthError(
                .invalidRequest, "`\(field)` is empty, too long, or has control characters.",
                hint: "1 to \(limit) characters are allowed.")
        }
        return text
    }
}

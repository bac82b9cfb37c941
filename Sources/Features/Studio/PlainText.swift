import HearthCore

/// Texts that people write: any script, tabs and line ends, and nothing that cannot be seen.
enum PlainText {
    /// - Throws: ``HearthError`` `invalid_request` for a control character.
    static func check(_ text: String?, field: String) throws(HearthError) {
        guard let text else { return }
        let isForbidden = text.unicodeScalars.contains { scalar in
            scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t" && scalar != "\r"
        }
        guard !isForbidden else {
            throw HearthError(
                .invalidRequest, "`\(field)` has a control character.", hint: "Tabs and line ends are allowed.")
        }
    }
}

import HearthCore

/// What names a project: its identifier or its name.
struct ProjectKey: Sendable {
    let text: String
    /// As a name; an identifier is one too, of a project that a caller has named so.
    let name: StudioName
    /// Whether it has the form of an identifier, which is looked for first.
    let isIdentifier: Bool

    /// - Throws: ``HearthError`` `invalid_request` when it cannot be a name.
    init(_ text: String) throws {
        self.text = text
        name = try StudioName(text, field: "project")
        isIdentifier = Identifier.isValid(text)
    }
}

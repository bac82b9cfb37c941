/// What a model can look at.
package enum Modality: String, Sendable, Codable, CaseIterable {
    case image, text
}

/// What a text is for: models that are trained with instructions treat the two differently.
package enum TextRole: String, Sendable, Codable, CaseIterable {
    /// What is searched for.
    case query
    /// What is found.
    case document
}

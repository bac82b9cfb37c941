package import HearthCore

extension TextRole {
    /// The names of roles in requests: Hearth's own, the prompts of Sentence Transformers and text-embeddings-inference,
    /// and the input types of NVIDIA, Voyage and Cohere.
    private static let names: [String: TextRole] = [
        "query": .query, "search_query": .query,
        "document": .document, "passage": .document, "search_document": .document,
    ]

    /// - Returns: nil for a name that is none of these.
    package init?(named name: String) {
        guard let role = Self.names[name] else { return nil }
        self = role
    }

    /// Which names there are, for error messages.
    package static let hint = "`query` or `document`; `search_query`, `passage` and `search_document` are other names."
}

package import struct Foundation.Data

/// One thing to turn into a vector.
package enum EmbeddingInput: Sendable, Hashable {
    /// The encoded picture, as the client sent it.
    case image(Data)
    /// A text. The role picks the model's prefix; nil: none.
    case text(String, role: TextRole?)
    /// Token ids of the model's own vocabulary, special tokens included.
    case tokens([Int32])

    package var modality: Modality {
        switch self {
        case .image: .image
        case .text, .tokens: .text
        }
    }

    /// Bytes that the input holds in memory.
    package var byteCount: Int {
        switch self {
        case .image(let bytes): bytes.count
        case .text(let text, _): text.utf8.count
        case .tokens(let tokens): tokens.count * 4
        }
    }
}

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

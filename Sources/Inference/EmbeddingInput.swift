package import HearthCore

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

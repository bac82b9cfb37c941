package import HearthCore

package import struct Foundation.Data

/// One thing to turn into a vector.
package enum EmbeddingInput: Sendable, Hashable {
    /// The encoded picture, as the client sent it.
    case image(Picture)
    /// A text. The role picks the model's prefix; nil: none.
    case text(String, role: TextRole?)
    /// Token ids of the model's own vocabulary, special tokens included.
    case tokens([Int32])

    /// A picture of which only the bytes are known.
    package static func image(_ bytes: Data) -> EmbeddingInput { .image(Picture(bytes)) }

    package var modality: Modality {
        switch self {
        case .image: .image
        case .text, .tokens: .text
        }
    }

    /// Bytes that the input holds in memory.
    package var byteCount: Int {
        switch self {
        case .image(let picture): picture.bytes.count
        case .text(let text, _): text.utf8.count
        case .tokens(let tokens): tokens.count * 4
        }
    }
}

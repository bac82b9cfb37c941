package import struct Foundation.Data

/// Bytes that come beside an operation's input. A picture has been inspected and hashed where it came in, once.
package enum Attachment: Sendable {
    case image(InspectedImage)
    case file(Data)

    package var bytes: Data {
        switch self {
        case .image(let image): image.bytes
        case .file(let bytes): bytes
        }
    }
}

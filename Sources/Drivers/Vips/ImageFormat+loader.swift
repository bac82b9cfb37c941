import CVips
import HearthCore

extension ImageFormat {
    /// The only loader that may touch such bytes.
    var loader: hearth_picture_format {
        switch self {
        case .jpeg: HEARTH_PICTURE_JPEG
        case .png: HEARTH_PICTURE_PNG
        case .webp: HEARTH_PICTURE_WEBP
        case .gif: HEARTH_PICTURE_GIF
        case .tiff: HEARTH_PICTURE_TIFF
        }
    }

    /// Whether the decoder itself can leave out pixels.
    var shrinksOnLoad: Bool { self == .jpeg || self == .webp }
}

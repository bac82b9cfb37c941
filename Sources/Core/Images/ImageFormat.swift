/// The kinds of picture that Hearth accepts.
package enum ImageFormat: String, Sendable, Codable, CaseIterable {
    case jpeg, png, webp, gif, tiff

    /// IANA media type.
    package var mediaType: String { "image/\(rawValue)" }

    /// The usual suffix of file names, without the dot.
    package var fileExtension: String { self == .jpeg ? "jpg" : rawValue }

    /// What is accepted, as a sentence for hints.
    package static let accepted = "Accepted are JPEG, PNG, WebP, GIF and TIFF."
}

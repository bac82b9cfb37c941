package import struct Foundation.Data

/// A picture that has passed inspection, with what every feature needs to know of it: made once, where the bytes come
/// in, so that they are not read a second time for this.
package struct InspectedImage: Sendable {
    /// As it was sent; it carries its hash.
    package let picture: Picture
    package let header: ImageHeader

    /// Reads headers and structure to the end marker; decodes nothing.
    /// - Throws: ``HearthError`` `invalid_image`, `image_too_large`, `unsupported_media_type`.
    package init(_ picture: Picture) throws(HearthError) {
        header = try ImageProbe.inspect(picture.bytes)
        self.picture = picture
    }

    /// The same for bytes of its own.
    package init(_ bytes: Data) throws(HearthError) { try self.init(Picture(bytes)) }

    package var bytes: Data { picture.bytes }
    package var sha256: Digest256 { picture.sha256 }
}

/// What the structure of an encoded picture says about it.
package struct ImageHeader: Sendable, Equatable {
    package var format: ImageFormat
    /// Pixels as stored, before `orientation` is applied.
    package var width: Int
    package var height: Int
    /// EXIF orientation 1…8; nil when the file says none.
    package var orientation: Int?
    /// How often a decoder goes over all pixels: the scans of a JPEG, tiles of a TIFF that are larger than the picture;
    /// 1 for others.
    package var scans: Int

    package init(format: ImageFormat, width: Int, height: Int, orientation: Int? = nil, scans: Int = 1) {
        self.format = format
        self.width = width
        self.height = height
        self.orientation = orientation
        self.scans = scans
    }

    /// About how much work it is to decode a file of so many bytes: pixels times scans, and what unpacking the bytes
    /// costs as much as, in pixels.
    package func work(ofBytes bytes: Int) -> Int {
        // Measured on noise, which packs worst: 5.5 MB of a lossy WebP a second, 30 MB of a JPEG, 100 million pixels.
        width * height * scans + bytes * (format == .webp ? 16 : 2)
    }
}

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

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

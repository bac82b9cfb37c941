package import struct Foundation.Data

/// A picture that has passed inspection, with what every feature wants to know of it: made once, where the bytes come
/// in, so that nobody reads them a second time for this.
package struct InspectedImage: Sendable {
    /// As they were sent.
    package let bytes: Data
    package let header: ImageHeader
    /// Of `bytes`.
    package let sha256: Digest256

    /// Reads headers and structure to the end marker, and hashes the bytes; decodes nothing.
    /// - Throws: ``HearthError`` `invalid_image`, `image_too_large`, `unsupported_media_type`.
    package init(_ bytes: Data) throws(HearthError) {
        header = try ImageProbe.inspect(bytes)
        self.bytes = bytes
        sha256 = Digest256(of: bytes)
    }
}

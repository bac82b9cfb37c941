import HearthJSON

package import struct Foundation.Data

/// Tells a picture from other bytes by its structure, without decoding it: this is all that the front does with one.
///
/// What passes is complete and within the limits of size; whether its pixels make sense only the decoder knows.
package enum ImageProbe {
    /// Reads headers and structure to the end marker; names and declared types play no part.
    /// - Throws: ``HearthError`` `invalid_image`, `image_too_large`, `unsupported_media_type`.
    package static func inspect(_ bytes: Data) throws(HearthError) -> ImageHeader {
        try bytes.withBytes { raw throws(HearthError) in try inspect(raw) }
    }

    /// Reads headers and structure to the end marker; names and declared types play no part.
    /// - Throws: ``HearthError`` `invalid_image`, `image_too_large`, `unsupported_media_type`.
    package static func inspect(_ raw: UnsafeRawBufferPointer) throws(HearthError) -> ImageHeader {
        let bytes = ImageProbeBytes(raw)
        guard bytes.count > 0 else {
            throw HearthError(.invalidImage, "The image is empty (0 bytes).", hint: ImageFormat.accepted)
        }
        if bytes.byte(0) == 0xFF, bytes.byte(1) == 0xD8 { return try jpeg(bytes) }
        if bytes.byte(0) == 0x89, bytes.matches("PNG\r\n\u{1A}\n", at: 1) { return try png(bytes) }
        if bytes.matches("RIFF"), bytes.matches("WEBP", at: 8) { return try webp(bytes) }
        if bytes.matches("GIF87a") || bytes.matches("GIF89a") { return try gif(bytes) }
        if bytes.matches("II*\0") || bytes.matches("MM\0*") { return try tiff(bytes) }
        throw refusal(bytes)
    }

    /// Checks a width and height in pixels against the limits, before anything could be allocated for them.
    static func checkSize(_ width: Int, _ height: Int, _ format: ImageFormat) throws(HearthError) {
        guard width > 0, height > 0 else { throw invalid(format, "its size is \(width) x \(height)") }
        let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
        guard width <= Limits.imageSide, height <= Limits.imageSide, !overflow, pixels <= Limits.imagePixels else {
            throw HearthError(
                .imageTooLarge, "The image is \(width) x \(height) pixels.",
                hint: "At most \(Limits.imageSide) pixels a side and \(Limits.imagePixels / 1_000_000) megapixels.")
        }
    }

    static func invalid(_ format: ImageFormat, _ reason: String) -> HearthError {
        HearthError(
            .invalidImage, "The \(format.rawValue.uppercased()) image is damaged: \(reason).",
            hint: "Send the complete file as it was saved.")
    }

    static func truncated(_ format: ImageFormat) -> HearthError {
        HearthError(
            .invalidImage, "The \(format.rawValue.uppercased()) image is truncated.",
            hint: "Send the complete file as it was saved.")
    }
}

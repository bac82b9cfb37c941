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

    /// Checks how many bytes a decoder would hold at once, before it is asked to.
    /// - Parameter way: how the file is written that makes it so; ends the hint.
    package static func checkHeld(_ bytes: Int, _ format: ImageFormat, unless way: String) throws(HearthError) {
        guard bytes > Limits.heldPictureBytes else { return }
        throw HearthError(
            .imageTooLarge, "Decoding the \(format.rawValue.uppercased()) image would take \(bytes >> 20) MB at once.",
            hint: "At most \(Limits.heldPictureBytes >> 20) MB: save it \(way), or smaller.")
    }

    static func invalid(_ format: ImageFormat, _ reason: String) -> HearthError {
        HearthError(
            .invalidImage, "The \(format.rawValue.uppercased()) image is damaged: \(reason).",
            hint: "Send the complete file as it was saved.")
    }

    /// The refusal of a whole picture of a kind that the decoder does not read.
    static func unsupported(_ format: ImageFormat, _ kind: String) -> HearthError {
        HearthError(
            .unsupportedMediaType, "\(format.rawValue.uppercased()) with \(kind) is not supported.",
            hint: "Save it with 8 or 16 bits a channel as RGB or gray.")
    }

    static func truncated(_ format: ImageFormat) -> HearthError {
        HearthError(
            .invalidImage, "The \(format.rawValue.uppercased()) image is truncated.",
            hint: "Send the complete file as it was saved.")
    }
}

extension ImageProbe {
    /// Says what bytes are that are no accepted picture, so that the sender knows what to change.
    static func refusal(_ bytes: ImageProbeBytes) -> HearthError {
        if let name = otherFormat(bytes) {
            return HearthError(
                .unsupportedMediaType, "\(name) is not supported.",
                hint: "\(ImageFormat.accepted) Convert the file first.")
        }
        let what = isText(bytes) ? "text" : "bytes of an unknown kind"
        return HearthError(.invalidImage, "This is not an image but \(what).", hint: ImageFormat.accepted)
    }

    /// The name of a known kind of file that is not accepted.
    private static func otherFormat(_ bytes: ImageProbeBytes) -> String? {
        if bytes.matches("BM"), bytes.count >= 26, bytes.u32(14, bigEndian: false) ?? 0 >= 12 { return "BMP" }
        if bytes.matches("ftyp", at: 4) { return isoMedia(bytes) }
        if bytes.matches("%PDF-") { return "PDF" }
        if bytes.matches("8BPS") { return "Photoshop (PSD)" }
        if bytes.matches("II+\0") || bytes.matches("MM\0+") { return "BigTIFF" }
        if bytes.matches("\0\0\u{1}\0") { return "ICO" }
        if bytes.matches("jP  ", at: 4) { return "JPEG 2000" }
        if bytes.matches("JXL ", at: 4) || bytes.byte(0) == 0xFF && bytes.byte(1) == 0x0A { return "JPEG XL" }
        return markup(bytes)
    }

    private static func isoMedia(_ bytes: ImageProbeBytes) -> String {
        if bytes.matches("avi", at: 8) { return "AVIF" }
        let heifBrands: [StaticString] = ["hei", "hev", "mif1", "msf1"]
        return heifBrands.contains { bytes.matches($0, at: 8) } ? "HEIC" : "Video"
    }

    /// SVG and HTML by their first tags; nothing that they refer to is ever read.
    private static func markup(_ bytes: ImageProbeBytes) -> String? {
        guard let head = bytes.slice(0, min(bytes.count, 1_024)) else { return nil }
        let text = String(decoding: head.raw, as: UTF8.self).lowercased()
        let start = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        guard start.hasPrefix("<") else { return nil }
        if start.contains("<svg") { return "SVG" }
        return start.hasPrefix("<!doctype html") || start.contains("<html") ? "HTML" : nil
    }

    private static func isText(_ bytes: ImageProbeBytes) -> Bool {
        guard let head = bytes.slice(0, min(bytes.count, 256)) else { return false }
        return head.raw.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }
}

extension ImageProbe {
    /// The orientation 1…8 of an EXIF block (a TIFF header and its first directory), nil when there is none.
    ///
    /// A malformed block is no reason to refuse a picture: decoders ignore it, and so does this.
    static func exifOrientation(_ bytes: ImageProbeBytes) -> Int? {
        guard let directory = ImageProbeTIFFDirectory(bytes), let value = directory.first(274)
        else { return nil }
        return (1...8).contains(value) ? value : nil
    }
}

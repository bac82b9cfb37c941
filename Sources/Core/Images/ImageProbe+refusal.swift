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

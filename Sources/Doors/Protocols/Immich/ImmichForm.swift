import HearthCore
import NIOCore

/// The multipart body of `POST /predict`.
struct ImmichForm: Sendable {
    let entries: [ImmichEntry]
    let image: ByteBuffer?
    let text: String?

    /// - Throws: ``HearthError`` `unprocessable_content`, `unsupported_media_type`, `body_too_large`, `invalid_request`
    ///   for a body that is no form.
    init(_ body: ByteBuffer, contentType: String) throws(HearthError) {
        var parts: [String: ByteBuffer] = [:]
        for part in try MultipartParser(contentType: contentType).parts(of: body) {
            guard ["entries", "image", "text"].contains(part.name), let bytes = part.bytes(in: body) else { continue }
            guard parts.updateValue(bytes, forKey: part.name) == nil else {
                throw HearthError(.unprocessable, "There is more than one part `\(part.name)`.")
            }
        }
        guard let entries = parts["entries"] else {
            throw HearthError(.unprocessable, "The part `entries` is missing.")
        }
        try Self.checkLength(entries, "entries")
        self.entries = try entries.withUnsafeReadableBytes { bytes in
            Result { () throws(HearthError) in try ImmichEntry.entries(bytes) }
        }.get()
        image = parts["image"]
        text = try parts["text"].map { (bytes) throws(HearthError) in try Self.text(bytes) }
    }

    private static func text(_ bytes: ByteBuffer) throws(HearthError) -> String {
        try checkLength(bytes, "text")
        guard let text = String(validating: bytes.readableBytesView, as: UTF8.self) else {
            throw HearthError(.unprocessable, "The part `text` is not valid UTF-8.")
        }
        return text
    }

    private static func checkLength(_ bytes: ByteBuffer, _ name: String) throws(HearthError) {
        guard bytes.readableBytes <= Limits.textBytes else {
            throw HearthError(
                .bodyTooLarge, "The part `\(name)` is too long.", hint: "At most \(Limits.textBytes) bytes.")
        }
    }
}

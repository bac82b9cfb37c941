import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat

import struct Foundation.Data

/// The form of `POST /v1/images/edits`: fields as texts, `image` or `image[]` once or several times, and `mask`.
enum OpenAIImageForm {
    /// A picture of the form, and what it is for.
    struct Picture: Sendable {
        let bytes: Data
        let purpose: RecipeReference.Purpose
    }

    /// - Throws: ``HearthError`` `invalid_request`, `unsupported_media_type`, and as bodies are read.
    static func read(
        _ call: DoorCall, key: String?
    ) async throws -> (OpenAIImageRequest, [Picture]) {
        let body = try await call.collectBody()
        let parser = try MultipartParser(contentType: call.request.headers[.contentType] ?? "")
        var (texts, images): ([(name: String, value: String)], [Picture]) = ([], [])
        var mask: Picture?
        for part in try parser.parts(of: body.bytes) {
            guard let bytes = part.bytes(in: body.bytes) else { continue }
            switch part.name {
            case "image", "image[]":
                // The first is changed; the others say what the picture shall be like.
                let purpose: RecipeReference.Purpose = images.isEmpty ? .start : .character
                images.append(Picture(bytes: Data(bytes.readableBytesView), purpose: purpose))
            case "mask":
                guard mask == nil else { throw refused("`mask` is given more than once.") }
                mask = Picture(bytes: Data(bytes.readableBytesView), purpose: .mask)
            default:
                guard let text = String(clientText: bytes.readableBytesView) else {
                    throw refused("`\(part.name.prefix(60))` is not valid UTF-8.")
                }
                texts.append((part.name, text))
            }
        }
        guard (1...Limits.editedImages).contains(images.count) else {
            throw HearthError(
                .invalidRequest, "`image` is given \(images.count) times.", hint: "1 to \(Limits.editedImages) times.")
        }
        let fields = try RequestFields([:], texts: texts, reservation: body.reservation)
        return (try OpenAIImageRequest(fields, key: key), images + (mask.map { [$0] } ?? []))
    }

    private static func refused(_ message: String) -> HearthError { HearthError(.invalidRequest, message) }
}

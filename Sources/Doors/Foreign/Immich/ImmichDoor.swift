import Foundation
import HTTPTypes
import HearthCore
import HearthInference
import HearthJSON
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat

/// Immich's machine-learning host (github.com/immich-app/immich, `machine-learning`): embeddings of pictures, and of
/// the texts that search them.
///
/// Immich tries its hosts in turn until one answers with success, so a task that is not served here gets 501: the log
/// of Immich shows these words, and the next host in its list does the work.
struct ImmichDoor: Sendable {
    private let service: EmbeddingService

    init(service: EmbeddingService) {
        self.service = service
    }

    var routes: [ForeignRoute] {
        [
            ForeignRoute(
                method: .get, path: "/ping", summary: "A sign of life (Immich).", tag: "immich",
                errors: .text(in: "detail"),
                body: nil
            ) { _ in
                Response(
                    status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
                    body: ResponseBody(byteBuffer: ByteBuffer(string: "pong")))
            },
            ForeignRoute(
                method: .post, path: "/predict", summary: "The vector of a picture or of a search text (Immich).",
                tag: "immich", errors: .text(in: "detail"), body: .form, answer: predict),
        ]
    }

    private func predict(_ call: ForeignCall) async throws -> Response {
        let body = try await call.body(limit: Limits.bodyBytes)
        // The picture is in memory until it is answered, and so it counts until then.
        defer { withExtendedLifetime(body) {} }
        let form = try ImmichForm(body.bytes, contentType: call.request.headers[.contentType] ?? "")
        let (input, header) = try Self.input(form)
        for entry in form.entries { try Self.check(entry, input) }
        var answer = JSONObject()
        for entry in form.entries {
            answer[entry.task] = .string(try await vector(of: input, entry, call))
        }
        if let header {
            answer["imageHeight"] = .int(Int64(header.height))
            answer["imageWidth"] = .int(Int64(header.width))
        }
        return JSONReply(.object(answer)).response
    }

    /// The vector as Immich stores it: the text of a JSON array.
    private func vector(of input: EmbeddingInput, _ entry: ImmichEntry, _ call: ForeignCall) async throws -> String {
        let results = try await service.vectors([input], call.options(model: entry.modelName))
        var text = ByteBuffer()
        text.writeJSONNumbers(results.first?.vector ?? [])
        return String(buffer: text)
    }

    /// The picture, with its size as stored, or the text; a picture goes first, as in Immich.
    private static func input(_ form: ImmichForm) throws -> (EmbeddingInput, ImageHeader?) {
        if let image = form.image {
            let bytes = Data(image.readableBytesView)
            let header = try ImageProbe.inspect(bytes)
            return (.image(bytes), header)
        }
        guard let text = form.text else {
            throw HearthError(.invalidRequest, "There is neither a part `image` nor a part `text`.")
        }
        // Immich sends what its users type into the search field.
        return (.text(text, role: .query), nil)
    }

    /// - Throws: ``HearthError`` `not_implemented` for tasks of other models, `invalid_request` for an entry that does
    ///   not fit what was sent.
    private static func check(_ entry: ImmichEntry, _ input: EmbeddingInput) throws(HearthError) {
        guard entry.task == "clip" else {
            throw HearthError(
                .notImplemented, "The task \"\(entry.task.prefix(40))\" is not served here.",
                hint: "Only \"clip\" is; give Immich a second machine-learning URL for the others.")
        }
        switch (entry.type, input.modality) {
        case ("visual", .image), ("textual", .text): break
        case ("visual", .text), ("textual", .image):
            throw HearthError(
                .invalidRequest, "The type \"\(entry.type)\" does not fit a part `\(input.modality.rawValue)`.")
        default:
            throw HearthError(
                .unprocessable, "The task \"clip\" has no type \"\(entry.type.prefix(40))\".",
                hint: "\"visual\" and \"textual\".")
        }
    }
}

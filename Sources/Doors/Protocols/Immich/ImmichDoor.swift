import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
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
package struct ImmichDoor: Door {
    private let runner: EmbeddingRunner
    private let access: DoorRoute.Access

    /// - Parameter admitsAll: whether its routes may be called without a credential: Immich cannot send one.
    package init(_ runner: EmbeddingRunner, admitsAll: Bool) {
        self.runner = runner
        access = admitsAll ? .optionalCredential : .credential(.read)
    }

    package var routes: [DoorRoute] {
        [
            DoorRoute(
                .get, "/ping", access: access, errors: .text(in: "detail"),
                describe: OpenAPIEntry(
                    "immich.ping", "Whether the server is running (Immich).", mediaType: "text/plain",
                    answer: EmbeddingSchema.text)
            ) { _ in
                Response(
                    status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
                    body: ResponseBody(byteBuffer: ByteBuffer(string: "pong")))
            },
            DoorRoute(
                .post, "/predict", access: access, body: .form(Self.form), errors: .text(in: "detail"),
                describe: OpenAPIEntry(
                    "immich.predict", "The vector of a picture or of a search text (Immich).",
                    answer: BodyRule.anyObject), answer: predict),
        ]
    }

    private static let form: JSONValue = [
        "type": "object", "required": ["entries"],
        "properties": [
            "entries": ["type": "string", "minLength": 2, "contentMediaType": "application/json"],
            "image": BodyRule.sentFile, "text": EmbeddingSchema.text,
        ],
    ]

    private func predict(_ call: DoorCall) async throws -> Response {
        let body = try await call.collectBody()
        // The picture is in memory until it is answered, and so it counts until then.
        defer { withExtendedLifetime(body) {} }
        let form = try ImmichForm(body.bytes, contentType: call.request.headers[.contentType] ?? "")
        let (input, header) = try Self.input(form)
        for entry in form.entries { try Self.check(entry, input) }
        var answer = JSONObject()
        for entry in form.entries {
            answer[entry.task] = .string(try await vector(of: input, entry, call, body.reservation))
        }
        if let header {
            answer["imageHeight"] = .int(Int64(header.height))
            answer["imageWidth"] = .int(Int64(header.width))
        }
        return JSONReply(.object(answer)).response
    }

    /// The vector as Immich stores it: the text of a JSON array.
    private func vector(
        of input: EmbeddingInput, _ entry: ImmichEntry, _ call: DoorCall, _ share: BodyReservation
    ) async throws -> String {
        let results = try await runner.all(
            [.ready(input)], EmbeddingWishes(model: entry.modelName), for: call, sharing: share)
        var text = ByteBuffer()
        text.writeJSONNumbers(results.first?.vector ?? [])
        return String(buffer: text)
    }

    /// The picture, with its size as stored, or the text; a picture goes first, as in Immich.
    private static func input(_ form: ImmichForm) throws -> (EmbeddingInput, ImageHeader?) {
        if let image = form.image {
            let inspected = try InspectedImage(Picture(sharing: image))
            return (.image(inspected.picture), inspected.header)
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

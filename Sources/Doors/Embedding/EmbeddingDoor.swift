import Foundation
import HearthCore
import HearthHTTP
import HearthJSON
import Hummingbird

/// Hearth's own embeddings: `POST /embed`, `POST /embed/batch` and `GET /health/warm`.
///
/// `/embed` is text-embeddings-inference's path as well: a body with `inputs` is answered by ``TEIDoor``.
package struct EmbeddingDoor: Door {
    private let runner: EmbeddingRunner
    private let tei: TEIDoor

    package init(_ runner: EmbeddingRunner) {
        self.runner = runner
        tei = TEIDoor(runner)
    }

    package var routes: [DoorRoute] {
        [
            DoorRoute(
                .post, "/embed", body: BodyRule(content: EmbeddingSchema.embedding, limit: Limits.bodyBytes),
                quick: .init(bodyBytes: Limits.shortBodyBytes, pictureBytes: Limits.shortPictureBytes),
                refusesUnknownQuery: false,
                describe: Self.described, answer: embed),
            DoorRoute(
                .post, "/embed/batch", body: BodyRule(content: EmbeddingSchema.batch, limit: Limits.bodyBytes),
                refusesUnknownQuery: false,
                describe: OpenAPIEntry(
                    "embed.batch", "The vectors of many inputs; each may fail by itself.",
                    parameters: EmbeddingSchema.query, answer: EmbeddingSchema.outcomes), answer: batch),
            WarmHealth(service: runner.service).route,
        ]
    }

    private static var described: OpenAPIEntry {
        var entry = OpenAPIEntry(
            "embed", "The vector of a picture or a text; with `inputs`, TEI's list of vectors.",
            parameters: EmbeddingSchema.query, answer: EmbeddingSchema.vectorOrVectors)
        entry.otherErrors = TEIError.shape.schema
        return entry
    }

    private func embed(_ call: DoorCall) async throws -> Response {
        let body = try await EmbeddingBody.read(call, parts: Limits.multipartParts)
        // The input waits for its pass in memory, and so it counts until it has been answered.
        defer { withExtendedLifetime(body) {} }
        let query = try QueryFields(call.request.uri.query ?? "").fields
        let asked: NativeEmbedding
        switch body.content {
        case .picture(let picture): asked = try NativeEmbedding(RequestFields([:], texts: query), picture: picture)
        case .form(let parts): asked = try Self.form(parts, query)
        case .json(let bytes):
            let document = try JSONParser.readDocument(bytes, largeStrings: ["image"])
            let fields = try RequestFields(document.value)
            if fields["inputs"] != nil {
                return try await tei.embed(fields, for: call, sharing: body.reservation)
            }
            asked = try NativeEmbedding(
                RequestFields(fields.object, texts: query), picture: document.readBase64("image").map { Picture($0) })
        }
        return try await runner.place(for: [asked.source]) { [asked] in
            let result = try await runner.all([asked.source], asked.wishes, for: call, sharing: body.reservation)[0]
            return NativeReply.one(result, asked.encoding, total: .now - call.start)
        }
    }

    private func batch(_ call: DoorCall) async throws -> Response {
        let body = try await EmbeddingBody.read(call, parts: Limits.embeddingBatch + Limits.multipartParts)
        defer { withExtendedLifetime(body) {} }
        let query = try QueryFields(call.request.uri.query ?? "").fields
        let asked: NativeBatch
        switch body.content {
        case .json(let bytes):
            let fields = try RequestFields(JSONParser.read(bytes))
            asked = try NativeBatch(RequestFields(fields.object, texts: query))
        case .form(let parts): asked = try NativeBatch(form: parts, query: query)
        case .picture:
            throw HearthError(
                .unsupportedMediaType, "One picture is not a batch.",
                hint: "Send application/json or multipart/form-data; `POST /embed` takes one raw picture.")
        }
        let outcomes = try await runner.run(asked.sources, asked.wishes, for: call, sharing: body.reservation)
        return NativeReply.batch(outcomes, asked.encoding, total: .now - call.start)
    }

    private static func form(
        _ parts: [EmbeddingBody.Part], _ query: [(name: String, value: String)]
    ) throws -> NativeEmbedding {
        var texts = query
        var pictures: [Picture] = []
        for part in parts {
            if part.name == "image" {
                pictures.append(Picture(sharing: part.bytes))
            } else if let text = part.text {
                texts.append((part.name, text))
            } else {
                throw HearthError(.invalidRequest, "A part of the form is not valid UTF-8.")
            }
        }
        guard pictures.count <= 1 else {
            throw HearthError(
                .invalidRequest, "There is more than one input.", hint: "`POST /embed/batch` takes several.")
        }
        return try NativeEmbedding(RequestFields([:], texts: texts), picture: pictures.first)
    }
}

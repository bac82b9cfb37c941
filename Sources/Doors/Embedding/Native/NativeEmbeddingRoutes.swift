import Foundation
import HearthCore
import HearthJSON
import Hummingbird

/// `POST /embed` and `POST /embed/batch`, and TEI's `/embed`, which is told by its `inputs`.
struct NativeEmbeddingRoutes: Sendable {
    let runner: EmbeddingRunner
    let budget: BodyBudget
    let tei: TEIRoutes

    func add(to router: Router<DoorContext>) {
        router.post("/embed") { request, context in try await embed(request, context) }
        router.post("/embed/batch") { request, context in try await batch(request, context) }
    }

    private func embed(_ request: Request, _ context: DoorContext) async throws -> Response {
        let body = try await EmbeddingBody.read(request, budget: budget, parts: Limits.multipartParts)
        // The input waits for its pass in memory, and so it counts until it has been answered.
        defer { withExtendedLifetime(body) {} }
        let caller = try EmbeddingCaller(request, context, body.reservation)
        let query = try QueryFields(request.uri.query ?? "").fields
        let asked: NativeEmbedding
        switch body.content {
        case .picture(let bytes): asked = try NativeEmbedding(try NativeEmbedding.typed(query), picture: bytes)
        case .form(let parts): asked = try Self.form(parts, query)
        case .json(let bytes):
            let document = try JSONParser.readDocument(bytes, largeStrings: ["image"])
            let fields = try RequestFields(document.value)
            if fields["inputs"] != nil {
                return try await tei.embed(document.value, query: query, caller)
            }
            asked = try NativeEmbedding(
                try Self.merged(fields: document.value, query), picture: try document.readBase64("image"))
        }
        return try await runner.place(for: [asked.source]) { [asked] in
            let result = try await runner.all([asked.source], asked.wishes, caller)[0]
            return NativeReply.one(result, total: .now - caller.start)
        }
    }

    private func batch(_ request: Request, _ context: DoorContext) async throws -> Response {
        let body = try await EmbeddingBody.read(
            request, budget: budget, parts: Limits.embeddingBatch + Limits.multipartParts)
        defer { withExtendedLifetime(body) {} }
        let caller = try EmbeddingCaller(request, context, body.reservation)
        let query = try QueryFields(request.uri.query ?? "").fields
        let asked: NativeBatch
        switch body.content {
        case .json(let bytes): asked = try NativeBatch(try Self.merged(fields: JSONParser.read(bytes), query))
        case .form(let parts): asked = try NativeBatch(form: parts, query: query)
        case .picture:
            throw HearthError(
                .unsupportedMediaType, "One picture is not a batch.",
                hint: "Send application/json or multipart/form-data; `POST /embed` takes one raw picture.")
        }
        let outcomes = try await runner.run(asked.sources, asked.wishes, caller)
        return NativeReply.batch(outcomes, total: .now - caller.start)
    }

    private static func form(
        _ parts: [EmbeddingBody.Part], _ query: [(name: String, value: String)]
    ) throws -> NativeEmbedding {
        var texts = query
        var pictures: [Data] = []
        for part in parts {
            if part.name == "image" {
                pictures.append(part.bytes)
            } else if let text = String(validating: part.bytes, as: UTF8.self) {
                texts.append((part.name, text))
            } else {
                throw HearthError(.invalidRequest, "A part of the form is not valid UTF-8.")
            }
        }
        guard pictures.count <= 1 else {
            throw HearthError(
                .invalidRequest, "There is more than one input.", hint: "`POST /embed/batch` takes several.")
        }
        return try NativeEmbedding(try NativeEmbedding.typed(texts), picture: pictures.first)
    }

    /// The members of a body with the fields of the query; what is in both is refused.
    private static func merged(
        fields body: JSONValue, _ query: [(name: String, value: String)]
    ) throws -> RequestFields {
        guard !query.isEmpty else { return try RequestFields(body) }
        guard let object = body.objectValue else {
            throw HearthError(.invalidRequest, "The body must be a JSON object.")
        }
        var merged = object
        let typed = try NativeEmbedding.typed(query)
        for (name, _) in query {
            guard let value = typed[name], merged.insert(name, value) else {
                throw HearthError(.invalidRequest, "`\(name.prefix(60))` is given more than once.")
            }
        }
        return RequestFields(merged)
    }
}

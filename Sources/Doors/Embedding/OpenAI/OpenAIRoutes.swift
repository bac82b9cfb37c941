import Foundation
import HTTPTypes
import HearthCore
import HearthInference
import HearthJSON
import Hummingbird

/// OpenAI's routes: `/v1/embeddings` (also `/embeddings`), `/v1/models` and `/v1/models/{id}`.
struct OpenAIRoutes: Sendable {
    let runner: EmbeddingRunner
    let budget: BodyBudget

    func add(to router: Router<DoorContext>) {
        for path in ["/v1/embeddings", "/embeddings"] {
            router.post(RouterPath(path)) { request, context in try await embeddings(request, context) }
        }
        // OpenAI has no time when a model was made for local ones; the start of the offer is what is known.
        let start = Int64(Date.now.timeIntervalSince1970)
        router.get("/v1/models") { _, _ in
            let models = try await runner.service.models().filter { $0.state != .skipped }
            return JSONReply(["object": "list", "data": .array(models.map { Self.model($0, created: start) })]).response
        }
        router.get("/v1/models/**") { _, context in
            // An id may hold a slash, as it is or escaped.
            let path = context.parameters.getCatchAll().joined(separator: "/")
            guard let name = path.removingPercentEncoding else {
                throw HearthError(.invalidRequest, "The path is not validly encoded.")
            }
            let deadline = ContinuousClock.now + Limits.inferenceDeadline
            let model = try await runner.service.model(name, seeing: nil, until: deadline)
            return JSONReply(Self.model(model, created: start)).response
        }
    }

    private func embeddings(_ request: Request, _ context: DoorContext) async throws -> Response {
        let (body, reservation) = try await EmbeddingBody.readJSON(request, budget: budget)
        defer { withExtendedLifetime(reservation) {} }
        let caller = try EmbeddingCaller(request, context, reservation)
        let asked = try OpenAIEmbeddings(body)
        return try await runner.place(for: asked.sources) {
            Self.reply(try await runner.all(asked.sources, asked.wishes, caller), asked.encoding)
        }
    }

    /// The answer, in OpenAI's order of fields.
    static func reply(_ results: [EmbeddingResult], _ encoding: OpenAIEmbeddings.Encoding) -> Response {
        let tokens = Int64(results.reduce(0) { $0 + $1.tokens })
        var text = VectorText()
        text.raw(#"{"object":"list","data":"#)
        text.list(Array(results.enumerated())) { text, entry in
            text.raw(#"{"object":"embedding","index":"#)
            text.value(.int(Int64(entry.offset)))
            text.raw(#","embedding":"#)
            switch encoding {
            case .float: text.vector(entry.element.vector)
            case .base64:
                text.raw("\"")
                text.base64(entry.element.vector)
                text.raw("\"")
            }
            text.raw("}")
        }
        text.raw(#","model":"#)
        text.value(.string(results.first?.model.id ?? ""))
        text.raw(#","usage":"#)
        text.value(["prompt_tokens": .int(tokens), "total_tokens": .int(tokens)])
        text.raw("}")
        return text.response()
    }

    /// A model in OpenAI's words, and what else is known of it.
    private static func model(_ model: ModelStatus, created: Int64) -> JSONValue {
        [
            "id": .string(model.id), "object": "model", "created": .int(created), "owned_by": "hearth",
            "kind": .string(model.kind.rawValue), "state": .string(model.state.rawValue),
            "dims": model.dims.map { .int(Int64($0)) } ?? .null,
            "max_tokens": model.maximumTokens.map { .int(Int64($0)) } ?? .null,
            "aliases": .array(model.aliases.map { .string($0) }),
        ]
    }
}

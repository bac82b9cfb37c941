import Foundation
import HTTPTypes
import HearthCore
package import HearthHTTP
import HearthInference
import HearthJSON
import Hummingbird

/// OpenAI's routes: `/v1/embeddings` (also `/embeddings`), `/v1/models` and `/v1/models/{id}`; and the same where
/// another server that speaks OpenAI's protocol has them.
package struct OpenAIDoor: Door {
    /// A server whose routes these are.
    package struct Server: Sendable {
        /// Begins the names of its routes in `/openapi.json`.
        let name: String
        /// In a sentence.
        let title: String
        let prefix: String
        /// Paths of embeddings and of the list of models.
        let embeddings: [String]
        let models: [String]
        let errors: ErrorShape

        package static let openAI = Server(
            name: "openai", title: "OpenAI", prefix: "/v1", embeddings: ["/v1/embeddings", "/embeddings"],
            models: ["/v1/models"], errors: OpenAIError.shape)

        /// OpenVINO Model Server (github.com/openvinotoolkit/model_server), whose errors are a text.
        package static let openVINO = Server(
            name: "ovms", title: "OpenVINO Model Server", prefix: "/v3", embeddings: ["/v3/embeddings"],
            models: ["/v3/models", "/v3/v1/models"], errors: .text(in: "error"))
    }

    private let runner: EmbeddingRunner
    private let server: Server
    /// OpenAI's models have a time when they were made; of local ones the start of the offer is what is known.
    private let start = Int64(Date.now.timeIntervalSince1970)

    package init(_ runner: EmbeddingRunner, as server: Server = .openAI) {
        self.runner = runner
        self.server = server
    }

    package var prefixes: [String] { [server.prefix] }
    package var errors: ErrorShape { server.errors }

    package var routes: [DoorRoute] {
        server.embeddings.map(embeddings)
            + server.models.flatMap { path in
                [
                    DoorRoute(
                        .get, path, errors: errors,
                        describe: entry("models", at: path, "The models by all of their names", answer: Self.list)
                    ) { _ in
                        let models = try await runner.service.models().filter { $0.state != .skipped }
                        let entries = ModelStatus.named(models).map { model($0.model, name: $0.name) }
                        return JSONReply(["object": "list", "data": .array(entries)]).response
                    },
                    DoorRoute(
                        .get, "\(path)/{id*}", errors: errors,
                        describe: entry(
                            "model", at: path, "One model, whose name may hold a slash",
                            answer: EmbeddingSchema.object)
                    ) { call in
                        let name = try call.parameter("id")
                        let found = try await runner.service.model(name, for: nil, until: call.deadline)
                        return JSONReply(model(found, name: found.id)).response
                    },
                ]
            }
    }

    /// A route's entry; the first path of each list has the plain name.
    private func entry(_ name: String, at path: String, _ summary: String, answer: JSONValue) -> OpenAPIEntry {
        let isFirst = path == server.embeddings.first || path == server.models.first
        return OpenAPIEntry(
            "\(server.name).\(name)\(isFirst ? "" : ":\(path)")", "\(summary) (\(server.title)).", answer: answer)
    }

    private func embeddings(_ path: String) -> DoorRoute {
        DoorRoute(
            .post, path, body: .json(Self.request, limit: Limits.bodyBytes, isStrict: true), errors: errors,
            quick: .init(bodyBytes: Limits.shortBodyBytes),
            describe: entry("embeddings", at: path, "Vectors of texts, token ids or pictures", answer: Self.list)
        ) { call in
            let fields = try await call.fields()
            defer { withExtendedLifetime(fields) {} }
            let asked = try OpenAIEmbeddings(fields)
            return try await runner.place(for: asked.sources) {
                Self.reply(
                    try await runner.all(asked.sources, asked.wishes, for: call, sharing: fields.reservation),
                    asked.encoding)
            }
        }
    }

    private static let request: JSONValue = [
        "type": "object", "oneOf": [["required": ["input"]], ["required": ["messages"]]],
        "properties": [
            "model": EmbeddingSchema.text,
            "input": EmbeddingSchema.inputs(of: EmbeddingSchema.text, atMost: Limits.openAIInputs),
            "messages": [
                "type": "array", "minItems": 1, "maxItems": .int(Int64(Limits.openAIInputs)),
                "items": [
                    "type": "object", "required": ["content"],
                    "properties": ["role": ["const": "user"], "content": EmbeddingSchema.content],
                ],
            ],
            "modality": ["type": "string", "enum": ["text", "image"]],
            "encoding_format": EmbeddingSchema.encoding, "dimensions": EmbeddingSchema.count,
            "user": EmbeddingSchema.text, "truncate": EmbeddingSchema.flag, "role": EmbeddingSchema.role,
            "input_type": EmbeddingSchema.role, "keep_alive": EmbeddingSchema.keepAlive,
        ],
    ]

    private static let list: JSONValue = [
        "type": "object",
        "properties": [
            "object": EmbeddingSchema.text, "data": EmbeddingSchema.objects, "model": EmbeddingSchema.text,
            "usage": EmbeddingSchema.object,
        ],
    ]

    /// The answer, in OpenAI's order of fields.
    private static func reply(_ results: [EmbeddingResult], _ encoding: VectorEncoding) -> Response {
        let tokens = Int64(results.reduce(0) { $0 + $1.tokens })
        var text = VectorText()
        text.raw(#"{"object":"list","data":"#)
        text.list(Array(results.enumerated())) { text, entry in
            text.raw(#"{"object":"embedding","index":"#)
            text.value(.int(Int64(entry.offset)))
            text.raw(#","embedding":"#)
            text.vector(entry.element.vector, as: encoding)
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
    private func model(_ model: ModelStatus, name: String) -> JSONValue {
        [
            "id": .string(name), "object": "model", "created": .int(start), "owned_by": "hearth",
            "root": .string(model.id),
            "kind": .string(model.kind.rawValue), "state": .string(model.state.rawValue),
            "dims": model.dims.map { .int(Int64($0)) } ?? .null,
            "max_tokens": model.maximumTokens.map { .int(Int64($0)) } ?? .null,
            "aliases": .array(model.aliases.map { .string($0) }),
        ]
    }
}

/// Errors as OpenAI words them: `{"error":{"message","type","param","code"}}`.
enum OpenAIError {
    static let shape = ErrorShape(schema: schema) { error, status in
        let hint = error.hint.map { " \($0)" } ?? ""
        let body: JSONValue = [
            "error": [
                "message": .string(error.message + hint), "type": .string(type(of: error, status)),
                "param": parameter(of: error).map { .string($0) } ?? .null, "code": .string(code(of: error)),
            ]
        ]
        return (body, OpenAIError.status(of: error, status))
    }

    private static let schema: JSONValue = [
        "type": "object",
        "properties": [
            "error": [
                "type": "object",
                "properties": [
                    "message": ["type": "string"], "type": ["type": "string"], "param": ["type": ["string", "null"]],
                    "code": ["type": "string"],
                ],
            ]
        ],
    ]

    /// OpenAI has no 422: a bad picture is a bad request.
    private static func status(of error: HearthError, _ status: HTTPResponse.Status) -> HTTPResponse.Status {
        status == .unprocessableContent ? .badRequest : status
    }

    private static func type(of error: HearthError, _ status: HTTPResponse.Status) -> String {
        switch status.code {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 429: "rate_limit_error"
        case 500...: "server_error"
        default: "invalid_request_error"
        }
    }

    private static func code(of error: HearthError) -> String {
        switch error.code {
        case .notFound where parameter(of: error) == "model": "model_not_found"
        case .overloaded: "rate_limit_exceeded"
        case .unauthorized: "invalid_api_key"
        default: error.code.rawValue
        }
    }

    /// The field that an error is about: messages begin with its name, and what is not found is the model.
    private static func parameter(of error: HearthError) -> String? {
        if error.code == .notFound, error.message.contains(" model ") { return "model" }
        let parts = error.message.split(separator: "`", maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0].isEmpty ? String(parts[1]) : nil
    }
}

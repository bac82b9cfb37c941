import Foundation
import HTTPTypes
import HearthCore
package import HearthHTTP
import HearthInference
import HearthJSON
import Hummingbird

/// OpenAI's routes: `/v1/embeddings` (also `/embeddings`), `/v1/models` and `/v1/models/{id}`.
package struct OpenAIDoor: Door {
    private let runner: EmbeddingRunner
    /// OpenAI's models have a time when they were made; of local ones the start of the offer is what is known.
    private let start = Int64(Date.now.timeIntervalSince1970)

    package init(_ runner: EmbeddingRunner) {
        self.runner = runner
    }

    package let prefixes = ["/v1"]
    package let errors = OpenAIError.shape

    package var routes: [DoorRoute] {
        [
            embeddings("/v1/embeddings", "openai.embeddings"), embeddings("/embeddings", "openai.embeddings:short"),
            DoorRoute(
                .get, "/v1/models", errors: errors,
                describe: OpenAPIEntry("openai.models", "The models in OpenAI's words.", answer: Self.list)
            ) { _ in
                let models = try await runner.service.models().filter { $0.state != .skipped }
                return JSONReply(["object": "list", "data": .array(models.map(model))]).response
            },
            DoorRoute(
                .get, "/v1/models/{id*}", errors: errors,
                describe: OpenAPIEntry(
                    "openai.model", "One model in OpenAI's words; its id may hold a slash.",
                    answer: EmbeddingSchema.object)
            ) { call in
                let name = try call.parameter("id")
                return JSONReply(model(try await runner.service.model(name, for: nil, until: call.deadline)))
                    .response
            },
        ]
    }

    private func embeddings(_ path: String, _ identifier: String) -> DoorRoute {
        DoorRoute(
            .post, path, body: .json(Self.request, limit: Limits.bodyBytes, isStrict: true), errors: errors,
            quick: .init(bodyBytes: Limits.shortBodyBytes),
            describe: OpenAPIEntry(identifier, "OpenAI's embeddings.", answer: Self.list)
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
        "type": "object",
        "properties": [
            "model": EmbeddingSchema.text, "input": EmbeddingSchema.inputs, "messages": EmbeddingSchema.objects,
            "modality": ["type": "string", "enum": ["text", "image"]],
            "encoding_format": ["type": "string", "enum": ["float", "base64"]], "dimensions": EmbeddingSchema.count,
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
    private static func reply(_ results: [EmbeddingResult], _ encoding: OpenAIEmbeddings.Encoding) -> Response {
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
    private func model(_ model: ModelStatus) -> JSONValue {
        [
            "id": .string(model.id), "object": "model", "created": .int(start), "owned_by": "hearth",
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
        "type": "object", "properties": ["error": ErrorShape.object(["message", "type", "param", "code"])],
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

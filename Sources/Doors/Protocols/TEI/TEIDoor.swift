import Foundation
import HTTPTypes
import HearthCore
package import HearthHTTP
import HearthInference
import HearthJSON
import Hummingbird

/// Text-embeddings-inference's routes: `/embed` (which shares its path with Hearth's own), the same at `POST /`,
/// `/similarity`, `/info`.
///
/// TEI serves one model. Here it is the one that `model` names, in the body or in the query; else the first for texts.
package struct TEIDoor: Door {
    private let runner: EmbeddingRunner

    package init(_ runner: EmbeddingRunner) {
        self.runner = runner
    }

    /// TEI's own paths; it has no common part before them.
    package let prefixes = [
        "/embed_all", "/embed_sparse", "/rerank", "/tokenize", "/decode", "/similarity", "/info", "/vertex",
        "/invocations",
    ]
    package let errors = TEIError.shape

    package var routes: [DoorRoute] {
        [
            DoorRoute(
                .post, "/", body: .json(Self.inputs, limit: Limits.bodyBytes, isStrict: true), errors: errors,
                describe: OpenAPIEntry(
                    "tei.root", "TEI's vectors of texts; the same as `/embed` with `inputs`.",
                    parameters: [Self.model], answer: EmbeddingSchema.vectors)
            ) { call in
                let fields = try await call.fields()
                defer { withExtendedLifetime(fields) {} }
                return try await vectors(fields, for: call, sharing: fields.reservation)
            },
            DoorRoute(
                .post, "/similarity", body: .json(Self.sentences, limit: Limits.bodyBytes, isStrict: true),
                errors: errors,
                describe: OpenAPIEntry(
                    "tei.similarity", "TEI's cosines of sentences with one.", parameters: [Self.model],
                    answer: EmbeddingSchema.numbers),
                answer: similarity),
            DoorRoute(
                .get, "/info", errors: errors,
                describe: OpenAPIEntry(
                    "tei.info", "The properties of the model, in TEI's form.",
                    parameters: [Self.model],
                    answer: EmbeddingSchema.object)
            ) { call in
                let name = try call.query().string("model")
                let model = try await runner.service.model(name, for: .embedTexts, until: call.deadline)
                return JSONReply(Self.info(model)).response
            },
        ]
    }

    private static let model = OpenAPIEntry.query("model", "Its name; the first one for texts by itself.")

    private static let inputs: JSONValue = [
        "type": "object", "required": ["inputs"],
        "properties": [
            "inputs": EmbeddingSchema.inputs(of: EmbeddingSchema.words, atMost: Limits.teiInputs),
            "model": EmbeddingSchema.text, "dimensions": EmbeddingSchema.count,
            "normalize": EmbeddingSchema.flag, "truncate": EmbeddingSchema.flag, "prompt_name": EmbeddingSchema.role,
            "truncation_direction": ["type": "string", "enum": ["right", "Right"]],
        ],
    ]

    private static let sentences: JSONValue = [
        "type": "object", "required": ["inputs"],
        "properties": [
            "inputs": [
                "type": "object", "required": ["source_sentence", "sentences"],
                "properties": [
                    "source_sentence": EmbeddingSchema.words,
                    "sentences": ["type": "array", "minItems": 1, "items": EmbeddingSchema.words],
                ],
            ], "parameters": EmbeddingSchema.object, "model": EmbeddingSchema.text,
        ],
    ]

    /// Answers `POST /embed` for a body with `inputs`.
    /// - Throws: ``ShapedError``: this path has another shape of errors for Hearth's own clients.
    func embed(
        _ fields: RequestFields, for call: DoorCall, sharing share: BodyReservation
    ) async throws -> Response {
        do {
            return try await vectors(fields, for: call, sharing: share)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ShapedError(ErrorResponse.shown(error), TEIError.shape)
        }
    }

    private func vectors(
        _ fields: RequestFields, for call: DoorCall, sharing share: BodyReservation?
    ) async throws -> Response {
        var asked = try TEIEmbed(fields)
        asked.wishes.model = try asked.wishes.model ?? call.query().string("model")
        return try await runner.place(for: asked.sources) { [asked] in
            let results = try await runner.all(asked.sources, asked.wishes, for: call, sharing: share)
            var text = VectorText()
            text.list(results) { text, result in text.vector(result.vector) }
            return text.response(Self.headers(results, characters: asked.characters, since: call.start))
        }
    }

    private func similarity(_ call: DoorCall) async throws -> Response {
        let fields = try await call.fields()
        defer { withExtendedLifetime(fields) {} }
        var asked = try TEISimilarity(fields)
        asked.wishes.model = try asked.wishes.model ?? call.query().string("model")
        let results = try await runner.all(asked.sources, asked.wishes, for: call, sharing: fields.reservation)
        var text = VectorText()
        text.vector(TEISimilarity.scores(results.map(\.vector)))
        return text.response(Self.headers(results, characters: asked.characters, since: call.start))
    }

    /// Where the time went, in whole milliseconds; stages are the mean of the inputs, as TEI has them.
    static func headers(
        _ results: [EmbeddingResult], characters: Int, since start: ContinuousClock.Instant
    ) -> HTTPFields {
        let total = ContinuousClock.now - start
        func mean(_ stage: KeyPath<InferenceTimings, Duration>) -> Duration {
            results.reduce(.zero) { $0 + $1.timings[keyPath: stage] } / max(results.count, 1)
        }
        let queue = mean(\.queue)
        let values: [(String, String)] = [
            ("x-compute-type", "cpu"), ("x-compute-time", milliseconds(max(total - queue, .zero))),
            ("x-compute-characters", String(characters)),
            ("x-compute-tokens", String(results.reduce(0) { $0 + $1.tokens })),
            ("x-total-time", milliseconds(total)), ("x-tokenization-time", milliseconds(mean(\.decode))),
            ("x-queue-time", milliseconds(queue)), ("x-inference-time", milliseconds(mean(\.compute))),
        ]
        var headers = HTTPFields()
        for (name, value) in values {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return headers
    }

    private static func milliseconds(_ duration: Duration) -> String { String(duration.nanoseconds / 1_000_000) }

    /// What TEI tells of itself.
    static func info(_ model: ModelStatus) -> JSONValue {
        let tokens = model.maximumTokens ?? 0
        return [
            "model_id": .string(model.id), "model_sha": model.digest.map { .string($0) } ?? .null,
            "model_dtype": model.precision == "bf16" ? "bfloat16" : "float32",
            "model_type": ["embedding": ["pooling": "unknown"]],
            "max_concurrent_requests": .int(Int64(Limits.concurrentRequests)),
            "max_input_length": .int(Int64(tokens)),
            "max_batch_tokens": .int(Int64(tokens * Limits.inferenceBatch)),
            "max_batch_requests": .int(Int64(Limits.inferenceBatch)),
            "max_client_batch_size": .int(Int64(Limits.teiInputs)), "auto_truncate": true,
            "tokenization_workers": 1, "version": .string(Hearth.version), "sha": .null, "docker_label": .null,
        ]
    }
}

/// Errors as text-embeddings-inference words them: `{"error","error_type"}`.
enum TEIError {
    static let shape = ErrorShape(schema: ErrorShape.object(["error", "error_type"])) { error, status in
        let (type, status) = kind(of: error, status)
        let hint = error.hint.map { " \($0)" } ?? ""
        return (["error": .string(error.message + hint), "error_type": .string(type)], status)
    }

    /// An input of no text at all.
    static func empty(_ field: String) -> HearthError { HearthError(.emptyInput, "`\(field)` cannot be empty") }

    private static func kind(
        of error: HearthError, _ status: HTTPResponse.Status
    ) -> (type: String, status: HTTPResponse.Status) {
        switch error.code {
        case .emptyInput: ("Empty", status)
        case .overloaded: ("Overloaded", .tooManyRequests)
        case .modelNotReady, .shuttingDown: ("Unhealthy", .serviceUnavailable)
        case .deadlineExceeded, .internalError: ("Backend", .init(code: 424, reasonPhrase: "Failed Dependency"))
        case .invalidRequest, .invalidImage, .notFound:
            ("Validation", status == .notFound ? status : .unprocessableContent)
        // The others are none of TEI's: they keep their status.
        default: (status.code >= 500 ? "Backend" : "Validation", status)
        }
    }
}

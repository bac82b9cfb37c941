import HTTPTypes
package import HearthCore
package import HearthHTTP
import HearthInference
import HearthJSON
import Hummingbird
import NIOCore

/// The part of Ollama's API that is about embeddings (github.com/ollama/ollama, `docs/api.md`).
///
/// Durations are whole nanoseconds. `keep_alive` changes what stays in memory for everybody, so it counts only from
/// callers that may operate the server; others' is ignored, because clients send it with every call.
package struct OllamaDoor: Door {
    private let runner: EmbeddingRunner
    private let clock: any WallClock

    package init(_ runner: EmbeddingRunner, clock: any WallClock = SystemClock()) {
        self.runner = runner
        self.clock = clock
    }

    private var service: EmbeddingService { runner.service }

    /// The paths of Ollama's own calls; Hearth has many others below `/api`.
    package let prefixes = [
        "blobs", "chat", "copy", "create", "delete", "embed", "embeddings", "generate", "ps", "pull", "push", "show",
        "tags", "version",
    ].map { "/api/\($0)" }
    package let errors = ErrorShape.text(in: "error")

    package var routes: [DoorRoute] {
        [
            route(
                .post, "/api/embed", "Vectors of one or more texts",
                body: .json(OllamaEmbedRequest.schema, limit: Limits.embeddingBodyBytes), embed),
            route(
                .post, "/api/embeddings", "The vector of one text, not normalised",
                body: .json(OllamaEmbedRequest.olderSchema, limit: Limits.embeddingBodyBytes), embedOne),
            route(.get, "/api/ps", "Models in memory, and when they leave it") { call in
                try await resident(for: call.principal)
            },
            route(.get, "/api/tags", "All models") { _ in try await all() },
            route(.post, "/api/show", "One model", body: .json(OllamaEmbedRequest.body([:])), show),
            route(.get, "/api/version", "Version of the server") { _ in
                JSONReply(["version": .string(Hearth.version)]).response
            },
        ]
    }

    private func route(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, body: BodyRule? = nil,
        _ answer: @escaping DoorRoute.Answer
    ) -> DoorRoute {
        DoorRoute(
            method, path, body: body, errors: errors,
            describe: OpenAPIEntry(
                "ollama.\(method.rawValue.lowercased())\(path)", "\(summary) (Ollama).", answer: BodyRule.anyObject),
            answer: answer)
    }

    private func embed(_ call: DoorCall) async throws -> Response {
        let fields = try await call.fields()
        defer { withExtendedLifetime(fields) {} }
        let request = try OllamaEmbedRequest(fields)
        let model = try await model(request.model, until: call.deadline)
        guard !request.texts.isEmpty else {
            try await setResidence(of: model, request.keepAlive, call)
            return JSONReply(["model": .string(request.model), "embeddings": []]).response
        }
        let loading = try await load(model, until: call.deadline)
        var wishes = EmbeddingWishes(model: model.id)
        wishes.truncates = request.truncates
        wishes.dimensions = request.dimensions
        wishes.keepAlive = Self.allowed(request.keepAlive, call)
        let results = try await runner.all(
            request.texts.map { .ready(.text($0, role: nil)) }, wishes, for: call, sharing: fields.reservation,
            isNumbered: true)
        var body = ByteBuffer()
        body.writeStaticString(#"{"model":"#)
        body.writeJSONString(request.model)
        body.writeStaticString(#","embeddings":"#)
        body.writeJSONArray(results) { $0.writeJSONNumbers($1.vector) }
        body.writeString(#","total_duration":\#((ContinuousClock.now - call.start).nanoseconds)"#)
        body.writeString(#","load_duration":\#(loading.nanoseconds)"#)
        body.writeString(#","prompt_eval_count":\#(results.reduce(0) { $0 + $1.tokens })}"#)
        return Self.reply(body)
    }

    /// The older call, which Ollama keeps for old clients: one text, and the vector as the graph gave it.
    private func embedOne(_ call: DoorCall) async throws -> Response {
        let fields = try await call.fields()
        defer { withExtendedLifetime(fields) {} }
        let name = try OllamaEmbedRequest.model(fields)
        let keepAlive = try fields.keepAlive()
        let text = try fields.string("prompt") ?? ""
        let model = try await model(name, until: call.deadline)
        guard !text.isEmpty else {
            try await setResidence(of: model, keepAlive, call)
            return JSONReply(["embedding": []]).response
        }
        var wishes = EmbeddingWishes(model: model.id)
        wishes.normalises = false
        wishes.keepAlive = Self.allowed(keepAlive, call)
        let results = try await runner.all(
            [.ready(.text(text, role: nil))], wishes, for: call, sharing: fields.reservation)
        var body = ByteBuffer()
        body.writeStaticString(#"{"embedding":"#)
        body.writeJSONNumbers(results.first?.vector ?? [])
        body.writeStaticString("}")
        return Self.reply(body)
    }

    /// Who may not know when others called a model sees when it would leave if it were called now.
    private func resident(for principal: Principal) async throws -> Response {
        let now = clock.now()
        let models = try await service.models().filter { [.ready, .draining].contains($0.state) }
            .map { $0.shown(to: principal) }
        return JSONReply(["models": .array(OllamaModel.all(models).map { $0.resident(now: now) })]).response
    }

    private func all() async throws -> Response {
        let models = try await service.models().filter { $0.state != .skipped }
        return JSONReply(["models": .array(OllamaModel.all(models).map(\.listed))]).response
    }

    private func show(_ call: DoorCall) async throws -> Response {
        let fields = try await call.fields()
        let model = try await model(OllamaEmbedRequest.model(fields), for: nil, until: call.deadline)
        return JSONReply(OllamaModel(model).details).response
    }

    /// The model of a name; clients look for the words "not found" to offer a download.
    private func model(
        _ name: String, for ability: ModelAbility? = .embedTexts, until deadline: ContinuousClock.Instant
    ) async throws -> ModelStatus {
        do {
            return try await service.model(name, for: ability, until: deadline)
        } catch let error as HearthError where error.code == .notFound {
            throw HearthError(.notFound, "model '\(name.prefix(100))' not found.", hint: error.hint)
        }
    }

    /// How long the caller waited for the model to be loaded; zero when it was warm.
    private func load(_ model: ModelStatus, until deadline: ContinuousClock.Instant) async throws -> Duration {
        guard model.state != .ready else { return .zero }
        let start = ContinuousClock.now
        try await service.load(model.id, keepAlive: nil, deadline: deadline)
        return .now - start
    }

    /// A request without input loads the model, or lets it go when it is to be kept for no time.
    private func setResidence(of model: ModelStatus, _ keepAlive: KeepAlive?, _ call: DoorCall) async throws {
        try call.require(.operate)
        if keepAlive == .idle(.zero) {
            try await service.unload(model.id)
        } else {
            try await service.load(model.id, keepAlive: keepAlive, deadline: call.deadline)
        }
    }

    private static func allowed(_ keepAlive: KeepAlive?, _ call: DoorCall) -> KeepAlive? {
        call.principal.permission >= .operate ? keepAlive : nil
    }

    private static func reply(_ json: ByteBuffer) -> Response {
        var body = json
        body.writeStaticString("\n")
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/json; charset=utf-8", .contentLength: String(body.readableBytes),
            ], body: ResponseBody(byteBuffer: body))
    }
}

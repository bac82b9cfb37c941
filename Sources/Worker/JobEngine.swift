import HearthCore
import HearthInference
import HearthModelRuntime
import HearthWorkerLink

/// The models as jobs use them: those of this process behind its interactive calls, all others through the front,
/// which starts the processes that they live in.
struct JobEngine: InferenceEngine {
    /// The models of this process; nil in a role without any.
    let host: ModelHost?
    /// Talks to the front's own socket only.
    let front: WorkerClient
    /// Where the front answers workers.
    let frontSocket: String

    init(host: ModelHost?, frontSocket: String) {
        self.host = host
        self.frontSocket = frontSocket
        front = WorkerClient()
        front.use(socket: frontSocket)
    }

    /// Closes the connections to the front; call it once, last.
    func shutDown() async throws { try await front.shutDown() }

    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        guard let host else { return try await front.embed(request) }
        guard let model = host.modelElsewhere(for: request) else { return try await host.embedInBackground(request) }
        var request = request
        request.model = model
        return try await front.embed(request)
    }

    /// What the front says of all models. Asked each time, because nobody tells this process of changes.
    func status() async throws -> EngineStatus { try await front.status(of: frontSocket) }

    func models() async throws -> [ModelStatus] {
        guard let host else { return try await status().models }
        return host.models()
    }

    func defaultEmbedder() async throws -> ModelStatus? {
        guard let host else { return try await status().embedder }
        return host.defaultEmbedder()
    }

    func infer(_ request: InferenceRequest) async throws -> [NamedTensor] {
        guard let host, !host.livesElsewhere(request.model) else { return try await front.infer(request) }
        return try await host.infer(request)
    }

    func load(_ model: String, keepAlive: KeepAlive?, deadline: ContinuousClock.Instant) async throws {
        guard let host, !host.livesElsewhere(model) else {
            return try await front.load(model, keepAlive: keepAlive, deadline: deadline)
        }
        try await host.load(model, keepAlive: keepAlive, deadline: deadline)
    }

    func unload(_ model: String) async throws {
        guard let host, !host.livesElsewhere(model) else { return try await front.unload(model) }
        try await host.unload(model)
    }
}

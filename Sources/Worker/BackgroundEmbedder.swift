import HearthCore
import HearthInference
import HearthModelRuntime

/// The models as jobs use them: behind the interactive calls in the queue, never in front.
struct BackgroundEmbedder: InferenceEngine {
    let host: ModelHost

    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        try await host.embedInBackground(request)
    }

    func models() async throws -> [ModelStatus] { host.models() }

    func defaultEmbedder() async throws -> ModelStatus? { host.defaultEmbedder() }

    func infer(_ request: InferenceRequest) async throws -> [NamedTensor] { try await host.infer(request) }

    func load(_ model: String, keepAlive: KeepAlive?, deadline: ContinuousClock.Instant) async throws {
        try await host.load(model, keepAlive: keepAlive, deadline: deadline)
    }

    func unload(_ model: String) async throws { try await host.unload(model) }
}

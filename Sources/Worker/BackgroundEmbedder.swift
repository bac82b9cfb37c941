import HearthCore
import HearthModels

/// The models as jobs use them: behind the interactive calls in the queue, never in front.
struct BackgroundEmbedder: InferenceEngine {
    let host: ModelHost

    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        try await host.embedInBackground(request)
    }

    func models() async throws -> [ModelStatus] { host.models() }

    func defaultEmbedder() async throws -> ModelStatus? { host.defaultEmbedder() }
}

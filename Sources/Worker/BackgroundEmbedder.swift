import HearthCore
import HearthModels

/// The models as jobs use them: behind the interactive calls in the queue, never in front.
struct BackgroundEmbedder: InferenceEngine {
    let host: ModelHost

    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        guard let result = try await host.embedBatch([request]).first else {
            throw HearthError(.internalError, "The model returned nothing.")
        }
        return try result.get()
    }

    func models() async throws -> [ModelStatus] { host.models() }

    func defaultEmbedder() async throws -> ModelStatus? { host.defaultEmbedder() }
}

package import HearthCore
package import HearthInference

/// An engine that answers by a script: what doors, features and caches are tested against.
package struct ScriptedEngine: InferenceEngine {
    package var statuses: [ModelStatus]
    /// Id of the model that serves anchors.
    package var anchorModel: String?
    package var embedding: @Sendable (EmbeddingRequest) async throws -> EmbeddingResult
    package var inference: @Sendable (InferenceRequest) async throws -> [NamedTensor] = { _ in [] }
    package var loading: @Sendable (String, KeepAlive?) async throws -> Void = { _, _ in }
    package var unloading: @Sendable (String) async throws -> Void = { _ in }

    package init(
        _ statuses: [ModelStatus] = [], anchorModel: String? = nil,
        embedding: @escaping @Sendable (EmbeddingRequest) async throws -> EmbeddingResult = { _ in
            throw HearthError(.modelNotReady, "There is no model.")
        }
    ) {
        self.statuses = statuses
        self.anchorModel = anchorModel
        self.embedding = embedding
    }

    package func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult { try await embedding(request) }
    package func infer(_ request: InferenceRequest) async throws -> [NamedTensor] { try await inference(request) }
    package func models() async throws -> [ModelStatus] { statuses }
    package func defaultEmbedder() async throws -> ModelStatus? { statuses.first { $0.id == anchorModel } }

    package func load(_ model: String, keepAlive: KeepAlive?, deadline: ContinuousClock.Instant) async throws {
        try await loading(model, keepAlive)
    }

    package func unload(_ model: String) async throws { try await unloading(model) }
}

extension ModelStatus {
    /// A ready model.
    package static func ready(_ id: String, _ kind: ModelKind, dims: Int? = nil) -> ModelStatus {
        var status = ModelStatus(id: id, kind: kind, state: .ready)
        status.digest = "digest-of-\(id)"
        status.dims = dims
        status.precision = "f32"
        if kind.modalities.contains(.text) { status.maximumTokens = 256 }
        return status
    }
}

extension EmbeddingResult {
    /// A vector by a model that is ready.
    package static func of(_ vector: [Float], by model: ModelStatus, tokens: Int = 0) -> EmbeddingResult {
        EmbeddingResult(
            vector: vector, tokens: tokens,
            model: ModelIdentity(
                id: model.id, digest: model.digest ?? "", dims: vector.count, precision: model.precision ?? "f32"),
            timings: InferenceTimings(decode: .zero, queue: .zero, compute: .zero, batch: 1))
    }
}

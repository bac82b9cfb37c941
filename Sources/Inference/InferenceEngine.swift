package import HearthCore

/// Answers questions to warm models: in the worker by `ModelHost`, in the front over the worker's socket.
package protocol InferenceEngine: Sendable {
    /// The answers to several requests, in their order; one that fails does not fail the others.
    ///
    /// Waits until the models are ready, within each request's deadline. A request fails with ``HearthError``
    /// `model_not_ready`, `deadline_exceeded`, `overloaded`, `not_found` (no such model), `invalid_image`, or
    /// `invalid_request` (a text that is too long, a model that cannot answer such a question).
    /// - Throws: what fails all of them: `CancellationError`.
    func answer(_ requests: [InferenceRequest]) async throws -> [Result<InferenceAnswer, HearthError>]

    /// The state of each configured model, in the order of the configuration.
    func models() async throws -> [ModelStatus]

    /// The state of the model that serves anchors; nil when none is configured.
    func defaultEmbedder() async throws -> ModelStatus?

    /// The state of the model that looks at products: that of anchors where no other one is configured.
    func productEmbedder() async throws -> ModelStatus?

    /// Loads a model and returns when it is ready.
    /// - Parameter keepAlive: How long it stays without a call from now on; nil: as before.
    /// - Throws: ``HearthError`` `not_found`, `model_not_ready` with the reason when it cannot be loaded.
    func load(_ model: String, keepAlive: KeepAlive?, deadline: ContinuousClock.Instant) async throws

    /// Lets a model finish its calls and leave memory; one that is absent stays absent. Returns when it is gone.
    /// - Throws: ``HearthError`` `not_found`, `conflict` for the model that serves anchors.
    func unload(_ model: String) async throws
}

extension InferenceEngine {
    /// The answer to one request.
    /// - Throws: ``HearthError`` as ``InferenceEngine`` says of each request, and `CancellationError`.
    package func answer(_ request: InferenceRequest) async throws -> InferenceAnswer {
        guard let answer = try await answer([request]).first else {
            throw HearthError(.internalError, "The model gave no answer.")
        }
        return try answer.get()
    }
}

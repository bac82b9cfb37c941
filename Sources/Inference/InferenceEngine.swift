package import HearthCore

/// Answers interactive calls to warm models: in the worker by ``ModelHost``, in the front over the worker's socket.
package protocol InferenceEngine: Sendable {
    /// The vector of one input.
    ///
    /// Waits until the model is ready, within the request's deadline.
    /// - Throws: ``HearthError`` `model_not_ready`, `deadline_exceeded`, `overloaded`, `invalid_image`,
    ///   `invalid_request` (a text that is too long, a model that does not see such input), `not_found`.
    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult

    /// The vectors of several inputs, in their order; one that fails does not fail the others.
    /// - Throws: what fails all of them: there is no worker, or the task was cancelled.
    func embed(_ requests: [EmbeddingRequest]) async throws -> [Result<EmbeddingResult, HearthError>]

    /// Runs a graph on tensors.
    /// - Throws: ``HearthError`` `not_found`, `invalid_request` for tensors that do not fit, and as ``embed(_:)``.
    func infer(_ request: InferenceRequest) async throws -> [NamedTensor]

    /// The state of each configured model, in the order of the configuration.
    func models() async throws -> [ModelStatus]

    /// The state of the model that serves anchors; nil when none is configured.
    func defaultEmbedder() async throws -> ModelStatus?

    /// Loads a model and returns when it is ready.
    /// - Parameter keepAlive: How long it stays without a call from now on; nil: as before.
    /// - Throws: ``HearthError`` `not_found`, `model_not_ready` with the reason when it cannot be loaded.
    func load(_ model: String, keepAlive: KeepAlive?, deadline: ContinuousClock.Instant) async throws

    /// Lets a model finish its calls and leave memory; one that is absent stays absent. Returns when it is gone.
    /// - Throws: ``HearthError`` `not_found`, `conflict` for the model that serves anchors.
    func unload(_ model: String) async throws
}

extension InferenceEngine {
    package func embed(_ requests: [EmbeddingRequest]) async throws -> [Result<EmbeddingResult, HearthError>] {
        try await concurrentMap(requests) { request in
            do {
                return .success(try await embed(request))
            } catch let error as HearthError {
                return .failure(error)
            }
        }
    }
}

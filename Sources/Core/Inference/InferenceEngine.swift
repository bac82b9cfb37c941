/// Answers interactive calls to warm models: in the worker by ``ModelHost``, in the front over the worker's socket.
package protocol InferenceEngine: Sendable {
    /// The L2-normalised vector of one input.
    ///
    /// Waits until the model is ready, within the request's deadline.
    /// - Throws: ``HearthError`` `model_not_ready`, `deadline_exceeded`, `overloaded`, `invalid_image`, `not_found`.
    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult

    /// The state of each configured model, in the order of the configuration.
    func models() async throws -> [ModelStatus]

    /// The state of the model that serves anchors; nil when none is configured.
    func defaultEmbedder() async throws -> ModelStatus?
}

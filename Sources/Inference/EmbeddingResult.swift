package import HearthCore

/// A vector, the model that made it, and where the time went.
package struct EmbeddingResult: Sendable {
    /// Shape `[dims]`, float32, L2-normalised where the model wants it.
    package var vector: [Float]
    /// Length of the vector before it was normalised: `vector` times this is what the graph gave.
    package var norm: Float
    /// Tokens that the model read; 0 for pictures.
    package var tokens: Int
    package var model: ModelIdentity
    package var timings: InferenceTimings
    /// Whether it came from the cache: no model was asked.
    package var isCached = false

    package init(
        vector: [Float], norm: Float = 1, tokens: Int = 0, model: ModelIdentity, timings: InferenceTimings
    ) {
        self.vector = vector
        self.norm = norm
        self.tokens = tokens
        self.model = model
        self.timings = timings
    }

    /// The first vector of an answer.
    /// - Throws: ``HearthError`` `internal_error` when it has none.
    package init(_ answer: InferenceAnswer) throws(HearthError) {
        guard let model = answer.model, let vector = answer.vectors.first else {
            throw HearthError(.internalError, "The model gave no vector.")
        }
        self.init(
            vector: vector.values, norm: vector.norm, tokens: answer.tokens, model: model, timings: answer.timings)
    }
}

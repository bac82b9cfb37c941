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
}

/// Where the time of one inference went.
package struct InferenceTimings: Sendable {
    /// Picture to tensor, or text to token ids.
    package var decode: Duration
    package var queue: Duration
    package var compute: Duration
    /// How many inputs shared the pass.
    package var batch: Int

    package init(decode: Duration, queue: Duration, compute: Duration, batch: Int) {
        self.decode = decode
        self.queue = queue
        self.compute = compute
        self.batch = batch
    }
}

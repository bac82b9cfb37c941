package import HearthCore

/// A vector as the cache keeps it: whole and normalised, so that one entry serves every wish of its callers.
package struct CachedEmbedding: Sendable, Equatable {
    /// Shape `[dims]`, float32.
    package let vector: [Float]
    /// Length of the vector before it was normalised.
    package let norm: Float
    /// Tokens that the model read.
    package let tokens: Int
    package let model: ModelIdentity

    package init(vector: [Float], norm: Float, tokens: Int, model: ModelIdentity) {
        self.vector = vector
        self.norm = norm
        self.tokens = tokens
        self.model = model
    }

    package init(_ result: EmbeddingResult) {
        self.init(vector: result.vector, norm: result.norm, tokens: result.tokens, model: result.model)
    }

    /// Bytes that it holds: the vector, the texts of the model's identity, and what the allocator adds to each.
    package var byteCount: Int {
        let blocks = 4 * 48
        return vector.count * 4 + model.id.utf8.count + model.digest.utf8.count + model.precision.utf8.count + blocks
    }

    /// The answer to a caller who asked a model of this identity; nil when another one made the vector.
    ///
    /// The key has decided that already; a row that was changed by other hands must not come out as a wrong vector.
    package func result(for asked: ModelIdentity) -> EmbeddingResult? {
        guard model.digest == asked.digest, model.precision == asked.precision, model.dims == asked.dims,
            vector.count == asked.dims
        else { return nil }
        var result = EmbeddingResult(
            vector: vector, norm: norm, tokens: tokens, model: asked, timings: .none)
        result.isCached = true
        return result
    }
}

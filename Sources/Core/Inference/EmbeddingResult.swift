/// A vector, the model that made it, and where the time went.
package struct EmbeddingResult: Sendable {
    /// Shape `[dims]`, L2-normalised float32.
    package var vector: [Float]
    package var model: ModelIdentity
    package var timings: InferenceTimings

    package init(vector: [Float], model: ModelIdentity, timings: InferenceTimings) {
        self.vector = vector
        self.model = model
        self.timings = timings
    }
}

/// What makes two vectors comparable: vectors whose identities differ are never compared.
package struct ModelIdentity: Hashable, Sendable, Codable {
    /// The model's id, which is its folder's name.
    package var id: String
    /// SHA-256 over weights and preprocessing, in hex: two revisions of one id differ here.
    package var digest: String
    /// Length of the vectors.
    package var dims: Int
    /// `f32` or `bf16`.
    package var precision: String

    package init(id: String, digest: String, dims: Int, precision: String) {
        self.id = id
        self.digest = digest
        self.dims = dims
        self.precision = precision
    }
}

/// Where the time of one inference went.
package struct InferenceTimings: Sendable {
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

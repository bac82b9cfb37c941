package import HearthCore

/// What a model answers, whatever was asked. What a question does not ask for is empty.
package struct InferenceAnswer: Sendable, Equatable {
    /// What makes the vectors comparable; nil when there are none.
    package var model: ModelIdentity?
    /// One for an embedding; for questions about regions, one a region in the order of `regions`.
    package var vectors: [Embedding]
    /// Outputs of the graph as they are, in the order in which they were asked for.
    package var tensors: [NamedTensor]
    /// What was found in a picture, best first.
    package var regions: [PictureRegion]
    /// Tokens that the model read; 0 for pictures and tensors.
    package var tokens: Int
    package var timings: InferenceTimings

    package init(
        model: ModelIdentity? = nil, vectors: [Embedding] = [], tensors: [NamedTensor] = [],
        regions: [PictureRegion] = [], tokens: Int = 0, timings: InferenceTimings = .none
    ) {
        self.model = model
        self.vectors = vectors
        self.tensors = tensors
        self.regions = regions
        self.tokens = tokens
        self.timings = timings
    }
}

/// A vector as a model gives it.
package struct Embedding: Sendable, Equatable {
    /// Shape `[dims]`, float32, L2-normalised where the model wants it.
    package var values: [Float]
    /// Length of the vector before it was normalised: `values` times this is what the graph gave.
    package var norm: Float

    package init(_ values: [Float], norm: Float = 1) {
        self.values = values
        self.norm = norm
    }
}

/// Where the time of one inference went.
package struct InferenceTimings: Sendable, Equatable {
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

    /// Those of an answer that no model was asked for.
    package static let none = InferenceTimings(decode: .zero, queue: .zero, compute: .zero, batch: 0)
}

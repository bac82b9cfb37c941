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
    /// What the regions are when they are faces; nil when faces were not asked for.
    package var faces: FaceReport?
    /// Tokens that the model read; 0 for pictures and tensors.
    package var tokens: Int
    /// Where the time went.
    package var timings: InferenceTimings

    package init(
        model: ModelIdentity? = nil, vectors: [Embedding] = [], tensors: [NamedTensor] = [],
        regions: [PictureRegion] = [], faces: FaceReport? = nil, tokens: Int = 0, timings: InferenceTimings = .none
    ) {
        self.model = model
        self.vectors = vectors
        self.tensors = tensors
        self.regions = regions
        self.faces = faces
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
    /// From the end of the preparation to the beginning of the pass.
    package var queue: Duration
    /// The pass itself.
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

/// A part of a picture that a model has found.
///
/// All numbers are fractions of the upright picture's width and height, from its top left corner: they hold for every
/// size of the picture. A region may reach beyond the picture, that is below 0 or above 1. What a reader wants to say
/// of a region besides is a field here: the worker link sends what `Codable` knows of it.
package struct PictureRegion: Sendable, Equatable, Codable {
    /// A place in the picture.
    package struct Point: Sendable, Equatable, Codable {
        /// From the left edge: 0 is there, 1 is the right one.
        package var x: Float
        /// From the upper edge: 0 is there, 1 is the lower one.
        package var y: Float

        package init(x: Float, y: Float) {
            self.x = x
            self.y = y
        }
    }

    /// The corner next to the origin, and the size.
    package var x: Float
    /// Its upper edge.
    package var y: Float
    /// From its left edge to its right one.
    package var width: Float
    /// From its upper edge to its lower one.
    package var height: Float
    /// How sure the model is, 0…1.
    package var score: Float
    /// Landmarks in the model's own order; empty when it gives none.
    package var points: [Point]

    package init(x: Float, y: Float, width: Float, height: Float, score: Float, points: [Point] = []) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
        self.score = score
        self.points = points
    }

    /// Whether all its numbers are some: neither infinite nor "not a number", which JSON cannot say.
    package var isFinite: Bool {
        let places = points.allSatisfy { $0.x.isFinite && $0.y.isFinite }
        return places && [x, y, width, height, score].allSatisfy(\.isFinite)
    }
}

/// A vector, the model that made it, and where the time went.
package struct EmbeddingResult: Sendable {
    /// Shape `[dims]`, float32, L2-normalised where the model wants it.
    package var vector: [Float]
    /// Length of the vector before it was normalised: `vector` times this is what the graph gave.
    package var norm: Float
    /// Tokens that the model read; 0 for pictures.
    package var tokens: Int
    /// What makes the vector comparable with others.
    package var model: ModelIdentity
    /// Where the time went.
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

package import struct Foundation.Data

/// One picture to turn into a vector.
package struct EmbeddingRequest: Sendable {
    /// The model's id; nil means the default image embedder.
    package var model: String?
    /// The encoded picture, as the client sent it.
    package var image: Data
    /// When the caller stops waiting.
    package var deadline: ContinuousClock.Instant

    package init(model: String? = nil, image: Data, deadline: ContinuousClock.Instant) {
        self.model = model
        self.image = image
        self.deadline = deadline
    }
}

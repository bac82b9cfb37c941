import HearthCore

/// One caller who waits for a vector.
struct EmbeddingCall: Sendable {
    let input: EmbeddingInput
    let entered: ContinuousClock.Instant
    /// Resumed exactly once: whoever takes the call out of its queue resumes it.
    let continuation: CheckedContinuation<EmbeddingResult, any Error>
}

/// A decoded picture and when it was decoded.
struct DecodedPicture: Sendable {
    let tensor: Tensor
    let duration: Duration
}

typealias EmbeddingQueue = BatchQueue<EmbeddingCall, DecodedPicture>

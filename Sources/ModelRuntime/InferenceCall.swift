import HearthCore
import HearthInference

/// One caller who waits for an answer.
struct InferenceCall: Sendable {
    /// What is asked of the model.
    enum Question: Sendable {
        case embedding(EmbeddingInput, truncates: Bool)
        case tensors([NamedTensor], outputs: [String])

        /// Whether it is prepared within microseconds.
        var isQuick: Bool {
            switch self {
            case .embedding(.image, _): false
            case .embedding(.text(let text, _), _): text.utf8.count <= Limits.shortBodyBytes
            case .embedding(.tokens(let tokens), _): tokens.count <= Limits.shortBodyBytes
            case .tensors: true
            }
        }
    }

    /// What the model answers.
    enum Answer: Sendable {
        case embedding(EmbeddingResult)
        case tensors([NamedTensor])
    }

    let question: Question
    let entered: ContinuousClock.Instant
    /// Resumed exactly once: whoever takes the call out of its queue resumes it.
    let continuation: CheckedContinuation<Answer, any Error>
}

typealias InferenceQueue = BatchQueue<InferenceCall, PreparedInput>

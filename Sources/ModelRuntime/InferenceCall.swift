import HearthCore
import HearthInference

/// One caller who waits for an answer.
struct InferenceCall: Sendable {
    /// What makes an input of a graph, on a thread that prepares.
    /// - isWanted: asked while a picture is decoded; false ends that.
    typealias Preparation = @Sendable (_ isWanted: () -> Bool) throws -> PreparedInput.Content

    let question: InferenceQuestion
    /// How its input is prepared when the question does not say it; nil: as the model's folder says.
    var preparation: Preparation?
    let entered: ContinuousClock.Instant
    /// Resumed exactly once: the code that takes the call out of its queue resumes it.
    let continuation: CheckedContinuation<InferenceAnswer, any Error>
}

extension InferenceQuestion {
    /// Whether its input is prepared within microseconds.
    var isQuick: Bool {
        switch input {
        case .image: false
        case .text(let text, _): text.utf8.count <= Limits.shortBodyBytes
        case .tokens(let tokens): tokens.count <= Limits.shortBodyBytes
        case nil: true
        }
    }
}

typealias InferenceQueue = BatchQueue<InferenceCall, PreparedInput>

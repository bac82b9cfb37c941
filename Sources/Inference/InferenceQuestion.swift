package import HearthCore

/// What a model can be asked.
///
/// A new question is a case here and one in `QuestionCoding` of the worker link; every answer to it is an
/// ``InferenceAnswer``. The runtime prepares its input and reads its output.
package enum InferenceQuestion: Sendable, Equatable {
    /// One vector for a picture or a text.
    /// - truncates: Whether a text that is too long is cut at its end; otherwise it is refused. Pictures ignore it.
    case embed(EmbeddingInput, truncates: Bool = true)
    /// Runs the model's first graph on tensors as they are: no preprocessing, no normalisation.
    /// - outputs: Names of the outputs to return; empty: all.
    case run([NamedTensor], outputs: [String] = [])

    /// What the model must be able to do; nil: any model can be asked.
    package var ability: ModelAbility? {
        switch self {
        case .embed(let input, _): .embed(input.modality)
        case .run: nil
        }
    }

    /// What has to be prepared for the graph; nil: nothing, it gets tensors as they are.
    package var input: EmbeddingInput? {
        switch self {
        case .embed(let input, _): input
        case .run: nil
        }
    }

    /// Whether a text that is too long is cut.
    package var truncates: Bool {
        if case .embed(_, let truncates) = self { truncates } else { true }
    }
}

package import HearthCore

package import struct Foundation.Data

/// A question to a model: what is asked, of which model, for whom, how urgently and until when.
///
/// ```swift
/// let request = InferenceRequest(
///     .embed(.text("a red mug", role: .query)), of: "all-minilm-l6-v2", deadline: .now + .seconds(5))
/// let vector = try await engine.answer(request).vectors[0].values
/// ```
package struct InferenceRequest: Sendable {
    package var question: InferenceQuestion
    /// The model's id; nil: the default one for such a question.
    package var model: String?
    package var priority: InferencePriority
    /// Who asks: waiting calls are served in turn, tenant by tenant.
    package var tenant: Tenant
    /// When the caller stops waiting.
    package var deadline: ContinuousClock.Instant

    package init(
        _ question: InferenceQuestion, of model: String? = nil, priority: InferencePriority = .interactive,
        tenant: Tenant = .local, deadline: ContinuousClock.Instant
    ) {
        self.question = question
        self.model = model
        self.priority = priority
        self.tenant = tenant
        self.deadline = deadline
    }
}

/// Which of the waiting calls goes first.
package enum InferencePriority: String, Sendable, Codable, CaseIterable {
    /// A client waits for the answer: it goes before all background calls.
    case interactive
    /// A job's work: it takes the passes that interactive calls leave, and one in so many of theirs.
    case background
}

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

/// One thing to turn into a vector.
package enum EmbeddingInput: Sendable, Hashable {
    /// The encoded picture, as the client sent it.
    case image(Picture)
    /// A text. The role picks the model's prefix; nil: none.
    case text(String, role: TextRole?)
    /// Token ids of the model's own vocabulary, special tokens included.
    case tokens([Int32])

    /// A picture of which only the bytes are known.
    package static func image(_ bytes: Data) -> EmbeddingInput { .image(Picture(bytes)) }

    package var modality: Modality {
        switch self {
        case .image: .image
        case .text, .tokens: .text
        }
    }

    /// Bytes that the input holds in memory.
    package var byteCount: Int {
        switch self {
        case .image(let picture): picture.bytes.count
        case .text(let text, _): text.utf8.count
        case .tokens(let tokens): tokens.count * 4
        }
    }
}

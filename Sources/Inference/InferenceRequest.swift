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
/// What is new in a model is an ability, and no case here: every answer is an ``InferenceAnswer``. The runtime prepares
/// the input and reads the output as the model's folder says. Faces are a case because several models answer together,
/// from one decoding of the picture.
package enum InferenceQuestion: Sendable, Equatable {
    /// What a model makes of a picture or a text: a vector, or whatever else the ability says.
    /// - truncates: Whether a text that is too long is cut at its end; otherwise it is refused. Pictures ignore it.
    case ask(EmbeddingInput, for: ModelAbility, truncates: Bool = true)
    /// Runs the model's first graph on tensors as they are: no preprocessing, no normalisation.
    /// - outputs: Names of the outputs to return; empty: all.
    case run([NamedTensor], outputs: [String] = [])
    /// The faces of a picture, by the several models that this takes.
    case faces(Picture, FaceQuestion)

    /// One vector for a picture or a text.
    package static func embed(_ input: EmbeddingInput, truncates: Bool = true) -> InferenceQuestion {
        .ask(input, for: .embed(input.modality), truncates: truncates)
    }

    /// What the model must be able to do; nil: any model can be asked.
    package var ability: ModelAbility? {
        switch self {
        case .ask(_, let ability, _): ability
        case .run: nil
        case .faces(_, let question): question.ability
        }
    }

    /// What has to be prepared for the graph; nil: nothing, it gets tensors as they are.
    package var input: EmbeddingInput? {
        switch self {
        case .ask(let input, _, _): input
        case .run: nil
        case .faces(let picture, _): .image(picture)
        }
    }

    /// What is asked about the faces of a picture; nil for other questions.
    package var faces: (picture: Picture, question: FaceQuestion)? {
        switch self {
        case .faces(let picture, let question): (picture, question)
        case .ask(.image(let picture), for: .findFaces, _): (picture, FaceQuestion(embeds: false))
        case .ask(.image(let picture), for: .embedFaces, _): (picture, FaceQuestion(embeds: true))
        default: nil
        }
    }

    /// Whether a text that is too long is cut.
    package var truncates: Bool {
        if case .ask(_, _, let truncates) = self { truncates } else { true }
    }
}

/// One thing that a model looks at: to turn it into a vector, or to find something in it.
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

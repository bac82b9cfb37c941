package import HearthCore

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

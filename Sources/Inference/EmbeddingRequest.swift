package import HearthCore

/// One thing to turn into a vector, by which model, for whom and until when.
package struct EmbeddingRequest: Sendable {
    /// The model's id; nil means the default one for the input's kind.
    package var model: String?
    package var input: EmbeddingInput
    /// Whether a text that is too long is cut at its end; otherwise it is refused.
    package var truncates: Bool
    /// Who asks: waiting calls are served in turn, tenant by tenant.
    package var tenant: Tenant
    /// When the caller stops waiting.
    package var deadline: ContinuousClock.Instant

    package init(
        model: String? = nil, input: EmbeddingInput, truncates: Bool = true, tenant: Tenant = .local,
        deadline: ContinuousClock.Instant
    ) {
        self.model = model
        self.input = input
        self.truncates = truncates
        self.tenant = tenant
        self.deadline = deadline
    }
}

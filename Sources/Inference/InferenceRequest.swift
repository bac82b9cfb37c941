package import HearthCore

/// Tensors for a model's graph as they are: no preprocessing, no normalisation.
package struct InferenceRequest: Sendable {
    package var model: String
    /// One for each input of the graph, in any order.
    package var inputs: [NamedTensor]
    /// Names of the outputs to return; empty: all.
    package var outputs: [String]
    package var tenant: Tenant
    package var deadline: ContinuousClock.Instant

    package init(
        model: String, inputs: [NamedTensor], outputs: [String] = [], tenant: Tenant = .local,
        deadline: ContinuousClock.Instant
    ) {
        self.model = model
        self.inputs = inputs
        self.outputs = outputs
        self.tenant = tenant
        self.deadline = deadline
    }
}

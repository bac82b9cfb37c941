/// The life of a model in a worker process.
package enum ModelState: String, Sendable, Codable, CaseIterable {
    /// Known, not in memory. → loading
    case absent
    /// Weights are being read and compiled. → warming, failed
    case loading
    /// Compiled; the first passes run, so that no caller pays for them. → ready, failed
    case warming
    /// Answers calls. → draining
    case ready
    /// Takes no new call, finishes those it has. → absent
    case draining
    /// Could not be loaded; `reason` says why, the other models go on. → loading
    case failed
    /// Nothing that Hearth serves, `reason` says why: it is never loaded, and nothing is lost by that. Final.
    case skipped
}

/// A model as health pages show it.
package struct ModelStatus: Sendable, Codable {
    package var id: String
    /// `image-embedding`, `text-embedding`, …
    package var kind: String
    package var state: ModelState
    /// Why it failed or was skipped, safe to show.
    package var reason: String?
    package var digest: String?
    package var dims: Int?
    package var precision: String?
    package var licence: String?
    /// Milliseconds from the start of loading to ready.
    package var loadMilliseconds: Double?
    /// Completed inferences since the start of the process.
    package var inferences: Int

    package init(
        id: String, kind: String, state: ModelState, reason: String? = nil, digest: String? = nil, dims: Int? = nil,
        precision: String? = nil, licence: String? = nil, loadMilliseconds: Double? = nil, inferences: Int = 0
    ) {
        self.id = id
        self.kind = kind
        self.state = state
        self.reason = reason
        self.digest = digest
        self.dims = dims
        self.precision = precision
        self.licence = licence
        self.loadMilliseconds = loadMilliseconds
        self.inferences = inferences
    }

    /// What its vectors can be compared by; nil until the model is ready.
    package var identity: ModelIdentity? {
        guard let digest, let dims, let precision else { return nil }
        return ModelIdentity(id: id, digest: digest, dims: dims, precision: precision)
    }
}

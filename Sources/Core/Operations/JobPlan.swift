/// How a queued operation runs: declared once, beside the operation.
package struct JobPlan: Sendable {
    package let lane: Lane
    package let maximumAttempts: Int
    /// A running attempt is cancelled after this.
    package let timeout: Duration
    /// What must be ready in a worker before it leases the job.
    package let needs: Need

    /// What a job cannot run without.
    package enum Need: Sendable, Equatable {
        /// Nothing but a worker.
        case nothing
        /// The model that serves anchors.
        case imageEmbedder
    }

    package init(
        lane: Lane, maximumAttempts: Int = 5, timeout: Duration = .seconds(120), needs: Need = .nothing
    ) {
        self.lane = lane
        self.maximumAttempts = maximumAttempts
        self.timeout = timeout
        self.needs = needs
    }
}

/// A queue of its own: a slow lane never delays another.
package enum Lane: String, Sendable, CaseIterable {
    /// Embeddings; many at once, the model's queue forms the batches.
    case embed
    /// Picture and video generation; three at once.
    case render
    /// Files, archives, upkeep: CPU work without a model.
    case media

    /// Jobs that one worker runs at once.
    package var capacity: Int {
        switch self {
        case .embed: 32
        case .render: 3
        case .media: 64
        }
    }
}

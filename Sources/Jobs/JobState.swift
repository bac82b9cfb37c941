import HearthCore

/// The states of a job; `docs/job-states.md` draws them.
package enum JobState: String, Sendable, Codable, CaseIterable {
    /// Waits for `runAt` and for a worker whose models are ready. → inProgress, cancelled
    case pending
    /// Leased: one worker owns it. → completed, failed, cancelled, or back to pending
    case inProgress = "in_progress"
    /// Its effect is committed. Final; a retry makes it pending again only after `failed` or `cancelled`.
    case completed
    /// Attempts ran out, the input can never work, or it was quarantined. → pending (retry)
    case failed
    /// Someone no longer wanted it. → pending (retry)
    case cancelled

    /// Whether nothing more happens by itself.
    package var isFinal: Bool { self == .completed || self == .failed || self == .cancelled }
}

extension JobState: SQLColumn {}

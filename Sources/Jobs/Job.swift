package import HearthJSON

/// A job as clients see it.
package struct Job: Sendable, Codable, SchemaDescribed {
    package var jobID: String
    /// The operation that runs.
    package var kind: String
    package var lane: String
    /// `pending`, `in_progress`, `completed`, `failed` or `cancelled`.
    package var status: JobState
    package var priority: Int
    /// Attempts begun that counted.
    package var attempt: Int
    package var maximumAttempts: Int
    /// What it is about: an anchor's id, for example.
    package var subject: String?
    /// 0…1 over all stages.
    package var progress: Double
    package var stage: String?
    /// 0…1 of the stage; nil where that is not known.
    package var current: Double?
    package var step: Int?
    package var steps: Int?
    /// Seconds that were left when progress was last reported, as measured; nil while that is not known.
    package var eta: Double?
    /// Number of its newest event.
    package var lastEvent: Int
    package var errorCode: String?
    package var errorMessage: String?
    package var result: JSONValue?
    /// Milliseconds since 1970.
    package var createdAt: Int64
    package var runAt: Int64
    package var startedAt: Int64?
    package var finishedAt: Int64?

    /// What the description says of the fields.
    package static let fields: [String: FieldNote] = [
        "progress": FieldNote("0 to 1 over all stages."),
        "current": FieldNote("0 to 1 of the stage; absent where that is not known."),
        "step": FieldNote("Of the stage."), "steps": FieldNote("How many the stage has."),
        "eta": FieldNote(
            "Seconds that were left when progress was last reported, by the progress that was measured; absent while "
                + "that is not known."),
        "last_event": FieldNote("Number of its newest event."),
    ]
}

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
    /// Cancelled by a caller. → pending (retry)
    case cancelled

    /// Whether nothing more happens by itself.
    package var isFinal: Bool { self == .completed || self == .failed || self == .cancelled }
}

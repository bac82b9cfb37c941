package import HearthJSON

/// A job as clients see it.
package struct Job: Sendable, Codable {
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
}

package import HearthJSON

/// What to enqueue.
package struct JobRequest: Sendable {
    package var tenant: Tenant
    /// Name of the operation.
    package var kind: String
    package var plan: JobPlan
    package var input: JSONValue
    /// What the job is about, for lists and for the reconciler.
    package var subject: String?
    /// Higher runs first.
    package var priority: Int
    /// Milliseconds since 1970; nil means now.
    package var runAt: Int64?
    /// At most one unfinished job of a tenant has this key; a second request returns the first one's job.
    package var uniqueKey: String?

    package init(
        tenant: Tenant, kind: String, plan: JobPlan, input: JSONValue, subject: String? = nil, priority: Int = 0,
        runAt: Int64? = nil, uniqueKey: String? = nil
    ) {
        self.tenant = tenant
        self.kind = kind
        self.plan = plan
        self.input = input
        self.subject = subject
        self.priority = priority
        self.runAt = runAt
        self.uniqueKey = uniqueKey
    }
}

/// What a caller gets for an operation that runs later: the job, and where to watch it.
package struct JobTicket: Sendable, Codable, SchemaDescribed {
    package var jobID: String
    package var status: String
    /// False when an unfinished job did the same already.
    package var isNew: Bool
    package var websocketURL: String
    package var eventsURL: String

    package static let fields = [
        "job_id": FieldNote("Identifier of the job."),
        "status": FieldNote("State of the job: pending, in_progress, completed, failed or cancelled."),
        "is_new": FieldNote("False when an unfinished job did the same already; then it is that job."),
        "websocket_url": FieldNote("Live progress of the job, relative to the server."),
        "events_url": FieldNote("Events of the job as a page or as an event stream, relative to the server."),
    ]

    package init(jobID: String, status: String, isNew: Bool) {
        self.jobID = jobID
        self.status = status
        self.isNew = isNew
        websocketURL = Self.webSocketPath(of: jobID)
        eventsURL = "/jobs/\(jobID)/events"
    }

    /// Where a job's progress is live.
    package static func webSocketPath(of jobID: String) -> String { "/ws/\(jobID)" }
}

/// What ``OperationRegistry`` hands jobs to.
package protocol JobSubmitter: Sendable {
    /// Enqueues in a transaction of its own.
    /// - Returns: the new job, or the unfinished one with the same uniqueness key.
    /// - Throws: ``HearthError`` `overloaded`, `invalid_request`, and what the store throws.
    func submit(_ request: JobRequest) async throws -> JobTicket
}

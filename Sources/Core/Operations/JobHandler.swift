package import HearthJSON

/// Runs one kind of job in a worker.
package struct JobHandler: Sendable {
    package let plan: JobPlan
    package let run: @Sendable (JobLease, JobProgress) async throws -> JobOutcome

    package init(
        plan: JobPlan, run: @escaping @Sendable (JobLease, JobProgress) async throws -> JobOutcome
    ) {
        self.plan = plan
        self.run = run
    }
}

/// What an attempt produced.
package struct JobOutcome: Sendable {
    /// Shown with the job.
    package var result: JSONValue?
    /// Writes the rows that the job is about, in the transaction that completes it; not run for a late result.
    package var commit: @Sendable (any SQLConnection) throws -> Void

    package init(result: JSONValue? = nil, commit: @escaping @Sendable (any SQLConnection) throws -> Void = { _ in }) {
        self.result = result
        self.commit = commit
    }
}

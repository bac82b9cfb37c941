package import HearthCore

/// Rows that the jobs of one kind are about, where these rows have a state of their own.
///
/// ``JobTable`` calls it in the transaction that changes the job, whatever the reason: a worker that completes or fails
/// it, a caller that cancels it, the front that sees its second crash. So the two states never differ, and a feature
/// need not know all the ways in which a job can end.
package protocol JobSubject: Sendable {
    /// A job has ended.
    func jobEnded(_ job: SubjectJob, in db: any SQLConnection, now: Int64) throws

    /// A job that had failed or was cancelled is pending again.
    /// - Throws: ``HearthError`` `conflict` when there is nothing left that it could work on; the job stays as it is.
    func jobReturned(_ job: SubjectJob, in db: any SQLConnection, now: Int64) throws
}

/// A job as its ``JobSubject`` sees it.
package struct SubjectJob: Sendable {
    package let jobID: String
    package let tenant: Tenant
    /// What the job is about, as its operation said when the job was made.
    package let subject: String?
    /// `completed`, `failed` or `cancelled` of one that has ended, else `pending`.
    package let state: JobState
    /// Why it failed; nil of one that did not fail.
    package let failure: JobFailure?
}

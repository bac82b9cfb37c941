package import HearthCore
package import HearthJobs

/// An output ends when its job does, whatever has ended the job, and is made again when the job is retried.
package struct OutputSubject: JobSubject {
    private let table = OutputTable()
    private let jobs = JobTable()
    /// The generator, when it lets another server work; nil: nothing goes on after an attempt.
    private let remote: String?

    /// - Parameter remote: identifier of a generator that lets another server work.
    package init(remote: String? = nil) { self.remote = remote }

    /// Ends the output in the transaction of its job's end, and begins to stop what the job may have left elsewhere.
    package func jobEnded(_ job: SubjectJob, in db: any SQLConnection, now: Int64) throws {
        guard let id = job.subject else { return }
        let failure: String? = job.state == .failed ? job.failure?.message ?? "The job failed." : nil
        _ = try table.setState(job.state, ofJob: job.jobID, output: id, failure: failure, in: db, now: now)
        guard let remote, job.state != .completed, try hasBegun(job, in: db) else { return }
        // A running attempt stops its own work first; this is for what no attempt is there to stop.
        let start = now + Limits.remoteStopDelay.milliseconds
        _ = try jobs.enqueue(Studio.stop(job, at: remote, from: start), in: db, now: now)
    }

    /// Lets the output be made again, by the same recipe and seed. What is still under way elsewhere is taken up by the
    /// next attempt: it is not stopped any more.
    /// - Throws: ``HearthError`` `conflict` when the output was deleted, and while its work is being stopped.
    package func jobReturned(_ job: SubjectJob, in db: any SQLConnection, now: Int64) throws {
        guard let id = job.subject else { return }
        guard try table.setState(.pending, ofJob: job.jobID, output: id, failure: nil, in: db, now: now) else {
            throw HearthError(.conflict, "The output was deleted.", hint: "Ask for a new one.")
        }
        guard let remote, let stop = try jobs.unfinishedJob(like: Studio.stop(job, at: remote), in: db) else { return }
        // The next attempt goes by the same name there: a stop on its way would reach it.
        guard try jobs.job(stop, of: job.tenant, in: db).status == .pending else {
            throw HearthError(
                .conflict, "What the job has begun at another server is being stopped.",
                hint: "Retry it in some seconds.", retryAfter: 5)
        }
        _ = try jobs.cancel(stop, of: job.tenant, in: db, now: now)
    }

    /// Whether an attempt has ever run: otherwise there is nothing elsewhere.
    private func hasBegun(_ job: SubjectJob, in db: any SQLConnection) throws -> Bool {
        try db.exists("SELECT id FROM jobs WHERE id = \(job.jobID) AND started_at IS NOT NULL")
    }
}

extension Studio {
    /// What jobs of this feature are about and what has a state of its own, by the kind of the jobs.
    /// - Parameters:
    ///   - generators: Identifiers of all that there may be.
    ///   - remote: Those of them that let another server work.
    package static func jobSubjects(generators: [String], remote: [String] = []) -> [String: any JobSubject] {
        Dictionary(
            uniqueKeysWithValues: generators.map { id in
                (renderName(of: id), OutputSubject(remote: remote.contains(id) ? id : nil))
            })
    }
}

package import HearthCore
package import HearthJobs

/// An output ends when its job does, whatever has ended the job, and is made again when the job is retried.
package struct OutputSubject: JobSubject {
    private let table = OutputTable()

    /// The rule for all outputs; it has no state of its own.
    package init() {}

    /// Ends the output in the transaction of its job's end.
    package func jobEnded(_ job: SubjectJob, in db: any SQLConnection, now: Int64) throws {
        guard let id = job.subject else { return }
        let failure: String? = job.state == .failed ? job.failure?.message ?? "The job failed." : nil
        _ = try table.setState(job.state, ofJob: job.jobID, output: id, failure: failure, in: db, now: now)
    }

    /// Lets the output be made again, by the same recipe and seed.
    /// - Throws: ``HearthError`` `conflict` when it was deleted.
    package func jobReturned(_ job: SubjectJob, in db: any SQLConnection, now: Int64) throws {
        guard let id = job.subject else { return }
        guard try table.setState(.pending, ofJob: job.jobID, output: id, failure: nil, in: db, now: now) else {
            throw HearthError(.conflict, "The output was deleted.", hint: "Ask for a new one.")
        }
    }
}

extension Studio {
    /// What jobs of this feature are about and what has a state of its own, by the kind of the jobs.
    /// - Parameter generators: Identifiers of all that there may be.
    package static func jobSubjects(generators: [String]) -> [String: any JobSubject] {
        Dictionary(uniqueKeysWithValues: generators.map { (renderName(of: $0), OutputSubject()) })
    }
}

package import HearthCore
package import HearthJobs

/// An import ends when its job does, whatever has ended the job, and runs again when the job does.
package struct ImportSubject: JobSubject {
    private let table = ProductTable()

    /// The rule for all imports; it has no state of its own.
    package init() {}

    /// Ends the import that the job has read, in the transaction of the job's end.
    package func jobEnded(_ job: SubjectJob, in db: any SQLConnection, now: Int64) throws {
        guard let id = job.subject else { return }
        // Read to its end, or not to be used: its pieces are removed step by step from here on. After any other end the
        // import can be started again.
        let isOver = job.state == .completed || job.failure?.code == HearthError.Code.invalidRequest.rawValue
        try table.endImport(id, job: job.jobID, failure: Self.failure(of: job), isOver: isOver, in: db, now: now)
    }

    /// Lets the import run again by the job that was retried.
    /// - Throws: ``HearthError`` `conflict` when its file is gone, `overloaded` when too many have not ended.
    package func jobReturned(_ job: SubjectJob, in db: any SQLConnection, now: Int64) throws {
        guard let id = job.subject else { return }
        try table.startImport(id, job: job.jobID, of: job.tenant, in: db, now: now)
    }

    private static func failure(of job: SubjectJob) -> String? {
        switch job.state {
        case .completed: nil
        case .cancelled: "The job was cancelled."
        default: job.failure?.message ?? "The job failed."
        }
    }
}

extension Products {
    /// What jobs of this feature are about and what has a state of its own, by the kind of the jobs.
    package static var jobSubjects: [String: any JobSubject] {
        Dictionary(uniqueKeysWithValues: importing.declaration.allNames.map { ($0, ImportSubject()) })
    }
}

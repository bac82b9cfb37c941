package import HearthJSON

/// A job in the hands of a worker.
package struct JobLease: Sendable {
    /// Tells one attempt from every other attempt of the same job, also by the same worker.
    package struct ID: Sendable, Hashable {
        package let jobID: String
        /// Number of the event that began the attempt.
        package let number: Int

        package init(jobID: String, number: Int) {
            self.jobID = jobID
            self.number = number
        }
    }

    package let id: ID
    package let tenant: Tenant
    package let kind: String
    package let input: JSONValue
    package let attempt: Int
    /// Workers that crashed while running it; such a job runs alone in a process.
    package let crashes: Int
    /// The process that holds it.
    package let worker: String

    package init(
        id: ID, tenant: Tenant, kind: String, input: JSONValue, attempt: Int, crashes: Int, worker: String
    ) {
        self.id = id
        self.tenant = tenant
        self.kind = kind
        self.input = input
        self.attempt = attempt
        self.crashes = crashes
        self.worker = worker
    }

    package var jobID: String { id.jobID }

    /// Thrown where an attempt that no longer holds its job would write: the job was cancelled, or another attempt has
    /// begun. Nothing was written, and there is nothing to record.
    package struct Lost: Error {
        package init() {}
    }

    /// Who holds the lease, as `JobMachine` knows it.
    package var holder: String { Self.holder(worker: worker, number: id.number) }

    /// Who holds a lease: a worker and the number of its attempt, as in `media-1#7`.
    package static func holder(worker: String, number: Int) -> String { "\(worker)#\(number)" }
}

package import HearthCore
package import HearthJSON
package import HearthJobs

/// A queue on a store of the caller's choice, with a clock that stands still and a back-off without chance.
package struct QueueBench: Sendable {
    package let store: any Store
    package let clock = ManualClock()
    package let signal = SilentSignal()
    package let table: JobTable
    package let queue: JobQueue

    /// Makes the tables of jobs in a store without tables.
    package init(
        _ store: any Store, policy: RetryPolicy = RetryPolicy(), subjects: [String: any JobSubject] = [:]
    ) async throws {
        self.store = store
        table = JobTable(policy: policy, subjects: subjects, jitter: { 0 })
        queue = JobQueue(store: store, table: table, clock: clock, signal: signal)
        try await Migrator(JobTable.migrations).run(store, now: clock.now())
    }

    /// A request with what most tests do not care about filled in.
    package static func request(
        _ kind: String = "k", tenant: Tenant = .local, lane: Lane = .embed, attempts: Int = 3, input: JSONValue = [:],
        subject: String? = nil, priority: Int = 0, runAt: Int64? = nil, uniqueKey: String? = nil
    ) -> JobRequest {
        JobRequest(
            tenant: tenant, kind: kind, plan: JobPlan(lane: lane, maximumAttempts: attempts), input: input,
            subject: subject, priority: priority, runAt: runAt, uniqueKey: uniqueKey)
    }

    /// Enqueues and returns the job's id.
    @discardableResult
    package func add(_ request: JobRequest = request()) async throws -> String {
        try await queue.enqueue(request).jobID
    }

    /// Leases what a worker may run now, at most `limit` jobs, and returns the leases.
    package func lease(
        by worker: String = "w", kinds: [String] = ["k"], lane: Lane = .embed, limit: Int = 100, suspects: Bool = false
    ) async throws -> [JobLease] {
        let request = JobTable.LeaseRequest(
            lanes: [lane], kinds: kinds, worker: worker, limit: limit, suspects: suspects)
        let now = clock.now()
        return try await store.write { [table] db in try table.lease(request, in: db, now: now) }
    }

    /// - Returns: whether it was recorded.
    package func complete(_ lease: JobLease, result: JSONValue? = nil) async throws -> Bool {
        let now = clock.now()
        return try await store.write { [table] db in try table.complete(lease, result: result, in: db, now: now) }
    }

    /// - Returns: whether it was recorded.
    package func fail(_ lease: JobLease, _ kind: JobFailure.Kind, message: String = "m") async throws -> Bool {
        let failure = JobFailure(kind: kind, code: "c", message: message)
        let now = clock.now()
        return try await store.write { [table] db in try table.fail(lease, failure, in: db, now: now) }
    }

    /// Makes the leases of a worker last longer, and returns those that it still holds.
    package func renew(_ leases: [JobLease], by worker: String = "w") async throws -> Set<JobLease.ID> {
        let now = clock.now()
        return try await store.write { [table] db in
            try table.renew(Set(leases.map(\.id)), worker: worker, in: db, now: now)
        }
    }

    /// - Returns: whether it was recorded.
    package func progress(_ lease: JobLease, _ report: ProgressReport) async throws -> Bool {
        let now = clock.now()
        return try await store.write { [table] db in try table.progress(lease, report, in: db, now: now) }
    }

    /// The row of a job.
    /// - Throws: ``HearthError`` `not_found`.
    package func job(_ jobID: String, of tenant: Tenant = .local) async throws -> Job {
        try await store.read { [table] db in try table.job(jobID, of: tenant, in: db) }
    }

    /// The events of a job after a number, oldest first.
    package func events(_ jobID: String, since number: Int = 0) async throws -> [JobEvent] {
        try await store.read { [table] db in try table.events(jobID, since: number, in: db) }
    }

    /// A page of the tenant's jobs that a filter lets through, newest first.
    package func list(_ filter: JobTable.Filter, of tenant: Tenant = .local) async throws -> Page<Job> {
        try await store.read { [table] db in try table.list(filter, of: tenant, in: db) }
    }
}

extension PageRequest {
    /// The first page.
    package static func first(_ limit: Int) throws -> PageRequest { try PageRequest(cursor: nil, limit: limit) }
}

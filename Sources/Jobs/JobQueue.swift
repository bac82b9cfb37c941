package import HearthCore

/// Enqueues, lists, cancels and retries jobs.
package struct JobQueue: Sendable {
    package let store: any Store
    package let table: JobTable
    package let clock: any WallClock
    private let signal: any JobSignal
    /// What is asked before a client's job is made; nil: no tenant is limited.
    private let quotas: TenantQuotas?
    /// Tenants that had too many unfinished jobs when they were last counted.
    private let full = Locked<Set<Tenant>>([])

    package init(
        store: any Store, table: JobTable = JobTable(), clock: any WallClock, signal: any JobSignal,
        quotas: TenantQuotas? = nil
    ) {
        self.quotas = quotas
        self.store = store
        self.table = table
        self.clock = clock
        self.signal = signal
    }

    /// Enqueues in the caller's transaction, so that job and data commit together.
    /// - Returns: the job's id; of the unfinished job with the same uniqueness key, if there is one.
    /// - Throws: ``HearthError`` `overloaded` when the tenant has too many unfinished jobs, `invalid_request` when the
    ///   input is too long.
    @discardableResult
    package func enqueue(
        _ request: JobRequest, in db: any SQLConnection
    ) throws -> (jobID: String, isNew: Bool) {
        guard !full.withLock({ $0.contains(request.tenant) }) else {
            throw HearthError(
                .overloaded, "Too many jobs are unfinished.", hint: "Wait until some have ended.", retryAfter: 10)
        }
        let enqueued = try table.enqueue(request, in: db, now: clock.now())
        if enqueued.isNew { db.ringAfterCommit(signal) }
        return enqueued
    }

    /// Enqueues in a transaction of its own.
    @discardableResult
    package func enqueue(_ request: JobRequest) async throws -> (jobID: String, isNew: Bool) {
        try await store.write { db in try enqueue(request, in: db) }
    }

    /// Counts the unfinished jobs of each tenant: who has too many gets no more until the next count. Counting at each
    /// enqueue would cost more than the enqueue.
    package func countUnfinished(limit: Int = Limits.unfinishedJobs) async throws {
        let table = table
        let tenants = try await store.read { db in try table.tenants(withUnfinished: limit, in: db) }
        full.withLock { $0 = tenants }
    }

    /// Cancels; a worker that runs the job stops at once, and its result is dropped. Also possible on a full disk:
    /// what the job is about may be on its way out.
    /// - Returns: the job as it is now.
    package func cancel(_ jobID: String, of tenant: Tenant) async throws -> Job {
        try await store.remove { db in
            if try table.cancel(jobID, of: tenant, in: db, now: clock.now()) { db.ringAfterCommit(signal) }
            return try table.job(jobID, of: tenant, in: db)
        }
    }

    /// Cancels in the caller's transaction, together with what the job is about; one that has ended, or is no longer
    /// kept, stays as it is.
    package func cancelUnfinished(_ jobID: String, of tenant: Tenant, in db: any SQLConnection) throws {
        guard try !table.isOver(jobID, in: db) else { return }
        if try table.cancel(jobID, of: tenant, in: db, now: clock.now()) { db.ringAfterCommit(signal) }
    }

    /// Runs a failed or cancelled job again, with the same input.
    package func retry(_ jobID: String, of tenant: Tenant) async throws -> Job {
        let table = table
        let taken = try await quotas?.take(TenantUsage(unfinishedJobs: 1), for: tenant) { db in
            // One that is not there, or cannot be retried, is refused because of that, whatever the quota.
            let state = try table.job(jobID, of: tenant, in: db).status
            return TenantUsage(unfinishedJobs: state.isFinal && state != .completed ? 1 : 0)
        }
        defer { withExtendedLifetime(taken) {} }
        return try await store.write { db in
            try table.retry(jobID, of: tenant, in: db, now: clock.now())
            db.ringAfterCommit(signal)
            return try table.job(jobID, of: tenant, in: db)
        }
    }

    /// Writes in the middle of an attempt, only while the attempt holds its job.
    ///
    ///     try await queue.write(under: lease) { db in try table.advance(…, in: db) }
    /// - Throws: ``JobLease/Lost`` when the attempt is late: the job was cancelled, or another attempt has begun.
    package func write<Output: Sendable>(
        under lease: JobLease, _ body: @escaping @Sendable (any SQLConnection) throws -> Output
    ) async throws -> Output {
        let table = table
        return try await store.write { db in
            try table.requireLease(lease, in: db)
            return try body(db)
        }
    }

    /// As ``write(under:_:)``, for a body that frees space (``Store/remove(_:)``).
    package func remove<Output: Sendable>(
        under lease: JobLease, _ body: @escaping @Sendable (any SQLConnection) throws -> Output
    ) async throws -> Output {
        let table = table
        return try await store.remove { db in
            try table.requireLease(lease, in: db)
            return try body(db)
        }
    }

    /// Gives back the jobs of a worker that has crashed by itself: each of them is a suspect from now on and runs alone
    /// in a process; the second time it is quarantined.
    @discardableResult
    package func crashWorker(_ worker: String) async throws -> Int {
        try await store.write { db in
            let count = try table.crashWorker(worker, in: db, now: clock.now())
            if count > 0 { db.ringAfterCommit(signal) }
            return count
        }
    }

    /// Whether a job of some lanes that was there when a worker crashed may run now.
    package func hasSuspects(in lanes: [Lane]) async throws -> Bool {
        let (table, now) = (table, clock.now())
        return try await store.read { db in try table.hasSuspects(in: lanes, in: db, now: now) }
    }

    /// Whether a worker holds leases.
    package func isBusy(_ worker: String) async throws -> Bool {
        let table = table
        return try await store.read { db in try !table.owned(by: worker, in: db).isEmpty }
    }

    /// Gives back the jobs of a worker that has stopped or was ended from outside: it costs them nothing.
    @discardableResult
    package func releaseWorker(_ worker: String) async throws -> Int {
        try await store.write { db in
            let count = try table.releaseWorker(worker, in: db, now: clock.now())
            if count > 0 { db.ringAfterCommit(signal) }
            return count
        }
    }

    /// Gives back, at no cost, what any process held: for a start which has proved that no other process writes to the
    /// store.
    ///
    /// Until when the leases were meant to hold is not asked, because the clock may have been set since.
    @discardableResult
    package func releaseAllWorkers() async throws -> Int {
        let table = table
        let workers = try await store.read { db in try table.leaseOwners(in: db) }
        var count = 0
        for worker in workers { count += try await releaseWorker(worker) }
        return count
    }

    /// Lets jobs run that wait longer than they were meant to, because the clock was ahead when that was written; a
    /// bounded number.
    /// - Returns: how many; none when there are no more.
    @discardableResult
    package func correctTimes() async throws -> Int {
        let (table, now) = (table, clock.now())
        // Looked for by reading, which takes no lock.
        let late = try await store.read { db in try table.misdated(in: db, now: now) }
        guard !late.isEmpty else { return 0 }
        return try await store.write { db in
            let count = try table.correctTimes(of: late, in: db, now: now)
            if count > 0 { db.ringAfterCommit(signal) }
            return count
        }
    }

    /// Gives back, at no cost, the jobs whose leases have run out.
    /// - Parameter workers: Processes that are known to live: what they hold stays theirs.
    @discardableResult
    package func rescue(sparing workers: Set<String> = []) async throws -> Int {
        try await store.write { db in
            let count = try table.rescue(sparing: workers, in: db, now: clock.now())
            if count > 0 { db.ringAfterCommit(signal) }
            return count
        }
    }
}

extension JobQueue: JobSubmitter {
    /// Adds a job, or names the unfinished one that does the same.
    /// - Throws: ``HearthError`` `quota_exceeded`, and what the store throws.
    package func submit(_ request: JobRequest) async throws -> JobTicket {
        let table = table
        let taken = try await quotas?.take(TenantUsage(unfinishedJobs: 1), for: request.tenant) { db in
            TenantUsage(unfinishedJobs: try table.isUnfinished(request, in: db) ? 0 : 1)
        }
        defer { withExtendedLifetime(taken) {} }
        return try await store.write { db in
            let (jobID, isNew) = try enqueue(request, in: db)
            let status = isNew ? JobState.pending : try table.job(jobID, of: request.tenant, in: db).status
            return JobTicket(jobID: jobID, status: status.rawValue, isNew: isNew)
        }
    }
}

package import HearthCore
package import HearthJSON

import struct Foundation.Data

/// The SQL of jobs and their events; every statement runs on each database.
package struct JobTable: Sendable {
    package let policy: RetryPolicy
    /// 0..<1, for back-off.
    private let jitter: @Sendable () -> Double

    package init(
        policy: RetryPolicy = RetryPolicy(), jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.policy = policy
        self.jitter = jitter
    }

    // MARK: Enqueue

    /// Adds a job in the caller's transaction, or returns the unfinished one that has the same uniqueness key.
    /// - Returns: the job's id, and whether it is new.
    package func enqueue(
        _ request: JobRequest, in db: any SQLConnection, now: Int64
    ) throws -> (jobID: String, isNew: Bool) {
        let input = request.input.encoded()
        guard input.count <= Limits.jobPayloadBytes else {
            throw HearthError(
                .invalidRequest, "The job's input is too long.", hint: "At most \(Limits.jobPayloadBytes) bytes.")
        }
        let jobID = Identifier.make(now: now)
        for _ in 0..<Limits.transitionAttempts {
            if try insert(request, String(decoding: input, as: UTF8.self), as: jobID, in: db, now: now) {
                try appendEvent(jobID, number: 1, state: .pending, overall: 0, in: db, now: now)
                return (jobID, true)
            }
            // Asked only now: nearly every job is the only one of its key.
            if let key = request.uniqueKey, let existing = try unfinished(key, of: request.tenant, in: db) {
                return (existing, false)
            }
        }
        throw HearthError(.overloaded, "Jobs of this kind begin and end faster than this can be done.", retryAfter: 1)
    }

    /// - Returns: false when an unfinished job has the same uniqueness key: nothing was added.
    private func insert(
        _ request: JobRequest, _ input: String, as jobID: String, in db: any SQLConnection, now: Int64
    ) throws -> Bool {
        try db.execute(
            """
            INSERT INTO jobs (id, tenant, kind, lane, state, priority, run_at, attempt, max_attempts, crashes, input,
              subject, unique_key, overall, last_event, created_at)
            VALUES (\(jobID), \(request.tenant), \(request.kind), \(request.plan.lane.name), 'pending',
              \(request.priority), \(request.runAt ?? now), 0, \(request.plan.maximumAttempts), 0, \(input),
              \(request.subject), \(request.uniqueKey), 0, 1, \(now))
            ON CONFLICT (tenant, unique_key) WHERE unique_key IS NOT NULL AND state IN ('pending', 'in_progress')
              DO NOTHING
            """) == 1
    }

    /// Whether there is an unfinished job with the uniqueness key of a request, so that it would add none.
    package func isUnfinished(_ request: JobRequest, in db: any SQLConnection) throws -> Bool {
        try unfinishedJob(like: request, in: db) != nil
    }

    /// The unfinished job with the uniqueness key of a request; nil when there is none.
    package func unfinishedJob(like request: JobRequest, in db: any SQLConnection) throws -> String? {
        guard let key = request.uniqueKey else { return nil }
        return try unfinished(key, of: request.tenant, in: db)
    }

    private func unfinished(_ key: String, of tenant: Tenant, in db: any SQLConnection) throws -> String? {
        try db.value(
            """
            SELECT id FROM jobs WHERE tenant = \(tenant) AND unique_key = \(key)
              AND state IN ('pending', 'in_progress')
            """, as: String.self)
    }

    // MARK: Lanes

    /// The lanes that unfinished jobs of each operation wait in.
    package func lanesOfUnfinished(in db: any SQLConnection) throws -> [(kind: String, lane: String)] {
        try db.rows("SELECT DISTINCT kind, lane FROM jobs WHERE state IN ('pending', 'in_progress')") { row in
            (try row.next(), try row.next())
        }
    }

    /// Moves unfinished jobs of an operation to the lane that runs it now, a bounded number at a time.
    /// - Returns: how many.
    package func move(
        _ kind: String, from old: String, to lane: Lane, limit: Int = Limits.laneBatch, in db: any SQLConnection
    ) throws -> Int {
        try db.execute(
            """
            UPDATE jobs SET lane = \(lane.name) WHERE id IN
              (SELECT id FROM jobs WHERE state IN ('pending', 'in_progress') AND kind = \(kind) AND lane = \(old)
               LIMIT \(limit))
            """)
    }

    // MARK: Lease

    /// What a worker asks for.
    package struct LeaseRequest: Sendable {
        package let lanes: [Lane]
        /// Operations whose needs are met in this worker.
        package let kinds: [String]
        package let worker: String
        package let limit: Int
        /// Whether jobs are asked for that were there when a worker crashed, and no others.
        package let suspects: Bool

        package init(lanes: [Lane], kinds: [String], worker: String, limit: Int, suspects: Bool = false) {
            self.lanes = lanes
            self.kinds = kinds
            self.worker = worker
            self.limit = limit
            self.suspects = suspects
        }

        /// What a pending job must be for this request.
        fileprivate var condition: SQL {
            let crashes: SQL = suspects ? "> 0" : "= 0"
            return """
                state = 'pending' AND crashes \(crashes) AND lane IN \(list: lanes.map(\.name)) \
                AND kind IN \(list: kinds)
                """
        }
    }

    /// Leases the most urgent claimable jobs of some lanes: highest priority, then earliest, then oldest.
    package func lease(_ request: LeaseRequest, in db: any SQLConnection, now: Int64) throws -> [JobLease] {
        guard !request.kinds.isEmpty, !request.lanes.isEmpty, request.limit > 0 else { return [] }
        return try take(claimable(request, in: db, now: now), for: request, in: db, now: now)
    }

    private func claimable(_ request: LeaseRequest, in db: any SQLConnection, now: Int64) throws -> [String] {
        // `+run_at` keeps SQLite from walking the jobs by time and sorting them all: the claimable index is in order.
        try db.values(
            """
            SELECT id FROM jobs WHERE \(request.condition) AND +run_at <= \(now)
            ORDER BY priority DESC, run_at, id
            LIMIT \(min(request.limit, Limits.leaseBatch))\(verbatim: db.dialect.skipLocked)
            """, as: String.self)
    }

    private func take(
        _ ids: [String], for request: LeaseRequest, in db: any SQLConnection, now: Int64
    ) throws -> [JobLease] {
        try ids.compactMap { id in
            let taken = try db.row(
                """
                UPDATE jobs SET state = 'in_progress', attempt = attempt + 1, lease_owner = \(request.worker),
                  lease_until = \(now + Limits.lease.milliseconds), started_at = \(now), last_event = last_event + 1,
                  lease_number = last_event + 1
                WHERE id = \(id) AND state = 'pending'
                RETURNING last_event, overall, tenant, kind, input, attempt, crashes
                """
            ) { row in
                let (number, overall) = (try row.next(Int.self), try row.next(Double?.self))
                let lease = JobLease(
                    id: JobLease.ID(jobID: id, number: number), tenant: try row.next(), kind: try row.next(),
                    input: try JSONParser.read(Data(row.next(String.self).utf8)), attempt: try row.next(),
                    crashes: try row.next(), worker: request.worker)
                return (lease: lease, overall: overall ?? 0)
            }
            guard let (lease, overall) = taken else { return nil }
            try appendEvent(id, number: lease.id.number, state: .inProgress, overall: overall, in: db, now: now)
            return lease
        }
    }

    /// Renews the leases that a worker names; what it holds without knowing runs out.
    /// - Returns: the leases it still holds; it drops the others.
    package func renew(
        _ held: Set<JobLease.ID>, worker: String, in db: any SQLConnection, now: Int64
    ) throws -> Set<JobLease.ID> {
        let jobs = Set(held.map(\.jobID)).sorted()
        return Set(
            try db.rows(
                """
                UPDATE jobs SET lease_until = \(now + Limits.lease.milliseconds)
                WHERE lease_owner = \(worker) AND state = 'in_progress' AND id IN \(list: jobs)
                RETURNING id, lease_number
                """, as: JobLease.ID.self))
    }

    /// The leases that a worker holds.
    package func owned(by worker: String, in db: any SQLConnection) throws -> Set<JobLease.ID> {
        Set(
            try db.rows(
                "SELECT id, lease_number FROM jobs WHERE lease_owner = \(worker) AND state = 'in_progress'",
                as: JobLease.ID.self))
    }

    /// When the next pending job that a request is for may run; nil when there is none.
    package func nextRunAt(_ request: LeaseRequest, in db: any SQLConnection) throws -> Int64? {
        try db.value("SELECT run_at FROM jobs WHERE \(request.condition) ORDER BY run_at LIMIT 1", as: Int64.self)
    }

    /// Whether a job of some lanes that was there when a worker crashed may run now.
    package func hasSuspects(in lanes: [Lane], in db: any SQLConnection, now: Int64) throws -> Bool {
        try db.exists(
            """
            SELECT id FROM jobs WHERE state = 'pending' AND crashes > 0 AND lane IN \(list: lanes.map(\.name))
              AND run_at <= \(now) LIMIT 1
            """)
    }

    /// Lets a write in the middle of an attempt go on only while the attempt holds its job, on any isolation level.
    /// - Throws: ``JobLease/Lost``.
    package func requireLease(_ lease: JobLease, in db: any SQLConnection) throws {
        let held = try db.execute(
            """
            UPDATE jobs SET lease_until = lease_until
            WHERE id = \(lease.jobID) AND lease_owner = \(lease.worker) AND lease_number = \(lease.id.number)
              AND state = 'in_progress'
            """)
        guard held == 1 else { throw JobLease.Lost() }
    }

    // MARK: Events

    /// Records progress of an attempt that still holds its job.
    /// - Returns: false when it does not.
    package func progress(
        _ lease: JobLease, _ report: ProgressReport, in db: any SQLConnection, now: Int64
    ) throws -> Bool {
        let number = try db.value(
            """
            UPDATE jobs SET overall = \(report.overall), stage = \(Self.shown(report.stage)),
              last_event = last_event + 1
            WHERE id = \(lease.jobID) AND lease_owner = \(lease.worker) AND lease_number = \(lease.id.number)
              AND state = 'in_progress'
            RETURNING last_event
            """, as: Int.self)
        guard let number else { return false }
        try appendEvent(
            lease.jobID, number: number, state: .inProgress, overall: report.overall, report: report, in: db, now: now)
        return true
    }

    func appendEvent(
        _ jobID: String, number: Int, state: JobState, overall: Double, report: ProgressReport? = nil,
        failure: JobFailure? = nil, in db: any SQLConnection, now: Int64
    ) throws {
        try db.execute(
            """
            INSERT INTO job_events (job_id, number, state, stage, overall, step, steps, message, preview, error_code,
              at)
            VALUES (\(jobID), \(number), \(state), \(Self.shown(report?.stage)), \(overall), \(report?.step),
              \(report?.steps), \(Self.shown(report?.message ?? failure?.message)), \(report?.preview),
              \(failure?.code), \(now))
            """)
    }

    // MARK: Ends of an attempt

    /// Records a result; the caller's own rows commit in the same transaction.
    /// - Returns: false when the attempt no longer holds the job: nothing was changed.
    /// - Throws: ``HearthError`` `invalid_request` when the result is too long.
    package func complete(
        _ lease: JobLease, result: JSONValue?, in db: any SQLConnection, now: Int64
    ) throws -> Bool {
        let result = result?.encoded()
        guard result?.count ?? 0 <= Limits.jobPayloadBytes else {
            throw HearthError(
                .invalidRequest, "The job's result is too long.", hint: "At most \(Limits.jobPayloadBytes) bytes.")
        }
        return try change(lease.jobID, of: lease.attemptKey, result: result, in: db, now: now) {
            $0.complete(by: lease.holder)
        }
    }

    /// Records a failed attempt.
    /// - Returns: false when the attempt no longer holds the job: nothing was changed.
    package func fail(
        _ lease: JobLease, _ failure: JobFailure, in db: any SQLConnection, now: Int64
    ) throws -> Bool {
        let policy = policy
        let jitter = jitter()
        return try change(lease.jobID, of: lease.attemptKey, in: db, now: now) {
            $0.fail(by: lease.holder, failure, now: now, policy: policy, jitter: jitter)
        }
    }

    /// Gives back the jobs of a worker that has crashed by itself, or quarantines them.
    /// - Returns: how many.
    @discardableResult
    package func crashWorker(_ worker: String, in db: any SQLConnection, now: Int64) throws -> Int {
        try owned(by: worker, in: db).count { lease in
            let attempt = AttemptKey(worker: worker, number: lease.number)
            return try change(lease.jobID, of: attempt, in: db, now: now) { $0.crash(of: attempt.holder, now: now) }
        }
    }

    /// Gives back, at no cost, the jobs of a worker that has stopped or was ended from outside.
    /// - Returns: how many.
    @discardableResult
    package func releaseWorker(_ worker: String, in db: any SQLConnection, now: Int64) throws -> Int {
        try owned(by: worker, in: db).count { lease in
            try release(lease.jobID, AttemptKey(worker: worker, number: lease.number), .released, in: db, now: now)
        }
    }

    private func release(
        _ jobID: String, _ attempt: AttemptKey, _ failure: JobFailure, in db: any SQLConnection, now: Int64
    ) throws -> Bool {
        try change(jobID, of: attempt, in: db, now: now) {
            $0.fail(by: attempt.holder, failure, now: now, policy: policy, jitter: 0)
        }
    }

    /// Workers that hold leases and whose names begin with `prefix`.
    package func leaseOwners(prefix: String, in db: any SQLConnection) throws -> [String] {
        try db.values(
            "SELECT DISTINCT lease_owner FROM jobs WHERE state = 'in_progress' ORDER BY lease_owner", as: String.self
        ).filter { $0.hasPrefix(prefix) }
    }

    /// Whether there is anything for `rescue`; asked first, because reading takes no lock.
    package func hasExpiredLeases(
        sparing workers: Set<String> = [], in db: any SQLConnection, now: Int64
    ) throws -> Bool {
        try !expiredLeases(sparing: workers, limit: 1, in: db, now: now).isEmpty
    }

    /// Gives back, at no cost, the jobs whose leases have run out.
    /// - Parameter workers: Processes that are known to live: what they hold stays theirs, however late they are.
    @discardableResult
    package func rescue(sparing workers: Set<String> = [], in db: any SQLConnection, now: Int64) throws -> Int {
        try expiredLeases(sparing: workers, limit: Limits.leaseBatch, in: db, now: now).count { jobID, attempt in
            try release(jobID, attempt, .leaseLost, in: db, now: now)
        }
    }

    private func expiredLeases(
        sparing workers: Set<String>, limit: Int, in db: any SQLConnection, now: Int64
    ) throws -> [(jobID: String, attempt: AttemptKey)] {
        let others: SQL = workers.isEmpty ? "" : " AND lease_owner NOT IN \(list: workers.sorted())"
        return try db.rows(
            """
            SELECT id, lease_owner, lease_number FROM jobs
            WHERE state = 'in_progress' AND lease_until < \(now)\(others) ORDER BY lease_until LIMIT \(limit)
            """
        ) { row in (try row.next(), AttemptKey(worker: try row.next(), number: try row.next())) }
    }

    /// Cancels a job of a tenant; one that has ended stays as it is.
    /// - Throws: ``HearthError`` `not_found`.
    package func cancel(_ jobID: String, of tenant: Tenant, in db: any SQLConnection, now: Int64) throws -> Bool {
        try requireJob(jobID, of: tenant, in: db)
        return try change(jobID, in: db, now: now) { $0.cancel() }
    }

    /// Makes a failed or cancelled job pending again, with the same input.
    /// - Throws: ``HearthError`` `not_found`, `conflict`.
    package func retry(_ jobID: String, of tenant: Tenant, in db: any SQLConnection, now: Int64) throws {
        try requireJob(jobID, of: tenant, in: db)
        do {
            guard try change(jobID, in: db, now: now, { $0.retry(now: now) }) else {
                throw HearthError(
                    .conflict, "The job has not failed.", hint: "Only failed or cancelled jobs can be retried.")
            }
        } catch let error as StoreConstraintError where error.kind == .unique {
            throw HearthError(.conflict, "The same work is already under way in another job.")
        }
    }

    private func requireJob(_ jobID: String, of tenant: Tenant, in db: any SQLConnection) throws {
        guard try db.exists("SELECT id FROM jobs WHERE id = \(jobID) AND tenant = \(tenant)") else {
            throw HearthError(.notFound, "There is no such job.")
        }
    }

    /// One attempt at a job, as its row names it while it runs.
    struct AttemptKey {
        let worker: String
        let number: Int

        /// Who holds the lease, as ``JobMachine`` knows it.
        var holder: String { JobLease.holder(worker: worker, number: number) }
    }

    /// Reads a job's machine, lets `transition` change it, and writes state and event back.
    ///
    /// The statement that writes holds only for the job as it was read: for an attempt, while that attempt still holds
    /// the job; otherwise, while nothing else has been written to it. So no isolation level lets two of them through.
    /// - Returns: false when the transition is refused: nothing was changed.
    private func change(
        _ jobID: String, of attempt: AttemptKey? = nil, result: Data? = nil, in db: any SQLConnection, now: Int64,
        _ transition: (inout JobMachine) throws -> Bool
    ) throws -> Bool {
        for _ in 0..<Limits.transitionAttempts {
            let found = try db.row(
                """
                SELECT last_event, state, attempt, max_attempts, crashes, lease_owner, lease_number, run_at,
                  error_code, error_message
                FROM jobs WHERE id = \(jobID)
                """
            ) { row in (try row.next(Int64.self), try JobMachine(row: &row)) }
            guard case (let version, var machine)? = found, try transition(&machine) else { return false }
            if try write(machine, jobID, attempt, version: version, result: result, in: db, now: now) { return true }
        }
        throw HearthError(.overloaded, "The job changes faster than this can be done.", retryAfter: 1)
    }

    /// - Returns: false when the row is not as it was read.
    private func write(
        _ machine: JobMachine, _ jobID: String, _ attempt: AttemptKey?, version: Int64, result: Data?,
        in db: any SQLConnection, now: Int64
    ) throws -> Bool {
        let isUnchanged: SQL =
            if let attempt {
                "state = 'in_progress' AND lease_owner = \(attempt.worker) AND lease_number = \(attempt.number)"
            } else {
                "last_event = \(version)"
            }
        let overall: Double? = machine.state == .completed ? 1 : machine.state == .pending ? 0 : nil
        let written = try db.row(
            """
            UPDATE jobs SET state = \(machine.state), attempt = \(machine.attempt), crashes = \(machine.crashes),
              lease_owner = NULL, lease_until = NULL, lease_number = NULL, run_at = \(machine.runAt),
              overall = COALESCE(\(overall), overall),
              stage = CASE WHEN \(machine.state == .pending) = 1 THEN NULL ELSE stage END,
              last_event = last_event + 1, result = \(result.map { String(decoding: $0, as: UTF8.self) }),
              error_code = \(machine.failure?.code), error_message = \(Self.shown(machine.failure?.message)),
              finished_at = \(machine.state.isFinal ? now : nil)
            WHERE id = \(jobID) AND \(isUnchanged) RETURNING last_event, overall
            """
        ) { row in (number: try row.next(Int.self), overall: try row.next(Double?.self)) }
        guard let written else { return false }
        // A cancelled job keeps the error of its last attempt, but that is not why it ended.
        try appendEvent(
            jobID, number: written.number, state: machine.state, overall: written.overall ?? 0,
            failure: machine.state == .cancelled ? nil : machine.failure, in: db, now: now)
        return true
    }

    /// Text that a handler wrote; NUL, which no store takes, must not keep an attempt from ending.
    private static func shown(_ text: String?) -> String? { text?.replacing("\0", with: "") }
}

extension JobMachine {
    /// Reads state, attempt, max_attempts, crashes, lease_owner, lease_number, run_at, error_code, error_message.
    fileprivate init(row: inout SQLRow) throws {
        let state = try row.next(JobState.self)
        let (attempt, maximumAttempts, crashes) = (
            try row.next(Int.self), try row.next(Int.self), try row.next(Int.self)
        )
        let (worker, number) = (try row.next(String?.self), try row.next(Int?.self))
        let runAt = try row.next(Int64.self)
        let (code, message) = (try row.next(String?.self), try row.next(String?.self))
        self.init(
            state: state, attempt: attempt, maximumAttempts: maximumAttempts, crashes: crashes,
            leaseHolder: worker.map { JobLease.holder(worker: $0, number: number ?? 0) }, runAt: runAt,
            // The kind is not kept: it only decides what a failure costs, and that has been paid.
            failure: code.map { JobFailure(kind: .transient, code: $0, message: message ?? "") })
    }
}

extension JobLease.ID: SQLDecodable {
    /// Reads id, lease_number.
    package init(row: inout SQLRow) throws { self.init(jobID: try row.next(), number: try row.next()) }
}

extension JobLease {
    fileprivate var attemptKey: JobTable.AttemptKey { JobTable.AttemptKey(worker: worker, number: id.number) }
}

extension JobState: SQLColumn {}

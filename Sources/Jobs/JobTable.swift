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
        if let key = request.uniqueKey, let existing = try unfinished(key, of: request.tenant, in: db) {
            return (existing, false)
        }
        let input = request.input.encoded()
        guard input.count <= Limits.jobPayloadBytes else {
            throw HearthError(
                .invalidRequest, "The job's input is too long.", hint: "At most \(Limits.jobPayloadBytes) bytes.")
        }
        let jobID = Identifier.make(now: now)
        try db.execute(
            """
            INSERT INTO jobs (id, tenant, kind, lane, state, priority, run_at, attempt, max_attempts, crashes, input,
              subject, unique_key, overall, last_event, created_at)
            VALUES (?, ?, ?, ?, 'pending', ?, ?, 0, ?, 0, ?, ?, ?, 0, 1, ?)
            """,
            [
                .text(jobID), .text(request.tenant.rawValue), .text(request.kind), .text(request.plan.lane.name),
                .int(request.priority), .integer(request.runAt ?? now), .int(request.plan.maximumAttempts),
                .text(String(decoding: input, as: UTF8.self)), .optional(request.subject),
                .optional(request.uniqueKey), .integer(now),
            ])
        try appendEvent(jobID, number: 1, state: .pending, overall: 0, in: db, now: now)
        return (jobID, true)
    }

    private func unfinished(_ key: String, of tenant: Tenant, in db: any SQLConnection) throws -> String? {
        try db.first(
            "SELECT id FROM jobs WHERE tenant = ? AND unique_key = ? AND state IN ('pending', 'in_progress')",
            [.text(tenant.rawValue), .text(key)]
        )?.text("id")
    }

    // MARK: Lanes

    /// The lanes that unfinished jobs of each operation wait in.
    package func lanesOfUnfinished(in db: any SQLConnection) throws -> [(kind: String, lane: String)] {
        try db.query("SELECT DISTINCT kind, lane FROM jobs WHERE state IN ('pending', 'in_progress')").map {
            (try $0.text("kind"), try $0.text("lane"))
        }
    }

    /// Moves unfinished jobs of an operation to the lane that runs it now, a bounded number at a time.
    /// - Returns: how many.
    package func move(
        _ kind: String, from old: String, to lane: Lane, limit: Int = Limits.laneBatch, in db: any SQLConnection
    ) throws -> Int {
        try db.execute(
            """
            UPDATE jobs SET lane = ? WHERE id IN
              (SELECT id FROM jobs WHERE state IN ('pending', 'in_progress') AND kind = ? AND lane = ? LIMIT ?)
            """, [.text(lane.name), .text(kind), .text(old), .int(limit)])
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

        fileprivate var laneNames: [SQLValue] { lanes.map { .text($0.name) } }
        fileprivate var kindNames: [SQLValue] { kinds.map(SQLValue.text) }
    }

    /// Leases the most urgent claimable jobs of some lanes: highest priority, then earliest, then oldest.
    package func lease(_ request: LeaseRequest, in db: any SQLConnection, now: Int64) throws -> [JobLease] {
        guard !request.kinds.isEmpty, !request.lanes.isEmpty, request.limit > 0 else { return [] }
        return try take(claimable(request, in: db, now: now), for: request, in: db, now: now)
    }

    private func claimable(_ request: LeaseRequest, in db: any SQLConnection, now: Int64) throws -> [String] {
        // `+run_at` keeps SQLite from walking the jobs by time and sorting them all: the claimable index is in order.
        try db.query(
            """
            SELECT id FROM jobs WHERE state = 'pending' AND crashes \(request.suspects ? "> 0" : "= 0")
              AND lane IN (\(db.placeholders(request.lanes.count)))
              AND +run_at <= ? AND kind IN (\(db.placeholders(request.kinds.count)))
            ORDER BY priority DESC, run_at, id LIMIT ?\(db.dialect.skipLocked)
            """,
            request.laneNames + [.integer(now)] + request.kindNames + [.int(min(request.limit, Limits.leaseBatch))]
        ).map { try $0.text("id") }
    }

    private func take(
        _ ids: [String], for request: LeaseRequest, in db: any SQLConnection, now: Int64
    ) throws -> [JobLease] {
        try ids.compactMap { id in
            let row = try db.first(
                """
                UPDATE jobs SET state = 'in_progress', attempt = attempt + 1, lease_owner = ?, lease_until = ?,
                  started_at = ?, last_event = last_event + 1, lease_number = last_event + 1
                WHERE id = ? AND state = 'pending'
                RETURNING tenant, kind, input, attempt, crashes, last_event, overall
                """,
                [
                    .text(request.worker), .integer(now + Limits.lease.milliseconds), .integer(now), .text(id),
                ])
            guard let row else { return nil }
            let number = Int(try row.integer("last_event"))
            try appendEvent(
                id, number: number, state: .inProgress, overall: row.optionalReal("overall") ?? 0, in: db, now: now)
            return JobLease(
                id: JobLease.ID(jobID: id, number: number), tenant: Tenant(rawValue: try row.text("tenant")),
                kind: try row.text("kind"), input: try JSONParser.read(Data(row.text("input").utf8)),
                attempt: Int(try row.integer("attempt")), crashes: Int(try row.integer("crashes")),
                worker: request.worker)
        }
    }

    /// Renews the leases that a worker names; what it holds without knowing runs out.
    /// - Returns: the leases it still holds; it drops the others.
    package func renew(
        _ held: Set<JobLease.ID>, worker: String, in db: any SQLConnection, now: Int64
    ) throws -> Set<JobLease.ID> {
        let jobs = Set(held.map(\.jobID)).sorted()
        let rows = try db.query(
            """
            UPDATE jobs SET lease_until = ? WHERE lease_owner = ? AND state = 'in_progress'
              AND id IN (\(db.placeholders(jobs.count))) RETURNING id, lease_number
            """,
            [.integer(now + Limits.lease.milliseconds), .text(worker)] + jobs.map(SQLValue.text))
        return Set(try rows.map(Self.leaseID))
    }

    /// The leases that a worker holds.
    package func owned(by worker: String, in db: any SQLConnection) throws -> Set<JobLease.ID> {
        let rows = try db.query(
            "SELECT id, lease_number FROM jobs WHERE lease_owner = ? AND state = 'in_progress'", [.text(worker)])
        return Set(try rows.map(Self.leaseID))
    }

    private static func leaseID(_ row: SQLRow) throws -> JobLease.ID {
        JobLease.ID(jobID: try row.text("id"), number: Int(try row.integer("lease_number")))
    }

    /// When the next pending job that a request is for may run; nil when there is none.
    package func nextRunAt(_ request: LeaseRequest, in db: any SQLConnection) throws -> Int64? {
        try db.first(
            """
            SELECT run_at FROM jobs WHERE state = 'pending' AND crashes \(request.suspects ? "> 0" : "= 0")
              AND lane IN (\(db.placeholders(request.lanes.count)))
              AND kind IN (\(db.placeholders(request.kinds.count))) ORDER BY run_at LIMIT 1
            """, request.laneNames + request.kindNames
        )?.integer("run_at")
    }

    /// Whether a job of some lanes that was there when a worker crashed may run now.
    package func hasSuspects(in lanes: [Lane], in db: any SQLConnection, now: Int64) throws -> Bool {
        guard !lanes.isEmpty else { return false }
        return try db.first(
            """
            SELECT id FROM jobs WHERE state = 'pending' AND crashes > 0
              AND lane IN (\(db.placeholders(lanes.count))) AND run_at <= ? LIMIT 1
            """, lanes.map { .text($0.name) } + [.integer(now)]) != nil
    }

    /// Lets a write in the middle of an attempt go on only while the attempt holds its job, on any isolation level.
    /// - Throws: ``JobLease/Lost``.
    package func requireLease(_ lease: JobLease, in db: any SQLConnection) throws {
        let held = try db.execute(
            """
            UPDATE jobs SET lease_until = lease_until
            WHERE id = ? AND lease_owner = ? AND lease_number = ? AND state = 'in_progress'
            """, [.text(lease.jobID), .text(lease.worker), .int(lease.id.number)])
        guard held == 1 else { throw JobLease.Lost() }
    }

    // MARK: Events

    /// Records progress of an attempt that still holds its job.
    /// - Returns: false when it does not.
    package func progress(
        _ lease: JobLease, _ report: ProgressReport, in db: any SQLConnection, now: Int64
    ) throws -> Bool {
        let row = try db.first(
            """
            UPDATE jobs SET overall = ?, stage = ?, last_event = last_event + 1
            WHERE id = ? AND lease_owner = ? AND lease_number = ? AND state = 'in_progress' RETURNING last_event
            """,
            [
                .real(report.overall), Self.shown(report.stage), .text(lease.jobID), .text(lease.worker),
                .int(lease.id.number),
            ])
        guard let row else { return false }
        try appendEvent(
            lease.jobID, number: Int(row.integer("last_event")), state: .inProgress, overall: report.overall,
            report: report, in: db, now: now)
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
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(jobID), .int(number), .text(state.rawValue), Self.shown(report?.stage), .real(overall),
                .optional(report?.step.map(Int64.init)), .optional(report?.steps.map(Int64.init)),
                Self.shown(report?.message ?? failure?.message), .optional(report?.preview), .optional(failure?.code),
                .integer(now),
            ])
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
        try db.query("SELECT DISTINCT lease_owner FROM jobs WHERE state = 'in_progress' ORDER BY lease_owner")
            .map { try $0.text("lease_owner") }
            .filter { $0.hasPrefix(prefix) }
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
        try expiredLeases(sparing: workers, limit: Limits.leaseBatch, in: db, now: now).count { row in
            let attempt = AttemptKey(
                worker: try row.text("lease_owner"), number: Int(try row.integer("lease_number")))
            return try release(row.text("id"), attempt, .leaseLost, in: db, now: now)
        }
    }

    private func expiredLeases(
        sparing workers: Set<String>, limit: Int, in db: any SQLConnection, now: Int64
    ) throws -> [SQLRow] {
        let spared = workers.isEmpty ? "" : " AND lease_owner NOT IN (\(db.placeholders(workers.count)))"
        return try db.query(
            """
            SELECT id, lease_owner, lease_number FROM jobs
            WHERE state = 'in_progress' AND lease_until < ?\(spared) ORDER BY lease_until LIMIT ?
            """, [.integer(now)] + workers.sorted().map(SQLValue.text) + [.int(limit)])
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
        let row = try db.first(
            "SELECT id FROM jobs WHERE id = ? AND tenant = ?", [.text(jobID), .text(tenant.rawValue)])
        if row == nil { throw HearthError(.notFound, "There is no such job.") }
    }

    /// One attempt at a job, as its row names it while it runs.
    struct AttemptKey {
        let worker: String
        let number: Int

        /// The owner as ``JobMachine`` knows it.
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
            let row = try db.first(
                """
                SELECT state, attempt, max_attempts, crashes, lease_owner, lease_number, run_at, error_code,
                  error_message, last_event
                FROM jobs WHERE id = ?
                """, [.text(jobID)])
            guard let row, var machine = try Self.machine(row) else { return false }
            guard try transition(&machine) else { return false }
            let version = try row.integer("last_event")
            if try write(machine, jobID, attempt, version: version, result: result, in: db, now: now) { return true }
        }
        throw HearthError(.overloaded, "The job changes faster than this can be done.", retryAfter: 1)
    }

    /// - Returns: false when the row is not as it was read.
    private func write(
        _ machine: JobMachine, _ jobID: String, _ attempt: AttemptKey?, version: Int64, result: Data?,
        in db: any SQLConnection, now: Int64
    ) throws -> Bool {
        let isUnchanged =
            attempt == nil ? "last_event = ?" : "state = 'in_progress' AND lease_owner = ? AND lease_number = ?"
        let condition: [SQLValue] = attempt.map { [.text($0.worker), .int($0.number)] } ?? [.integer(version)]
        let overall: Double? = machine.state == .completed ? 1 : machine.state == .pending ? 0 : nil
        let row = try db.first(
            """
            UPDATE jobs SET state = ?, attempt = ?, crashes = ?, lease_owner = NULL, lease_until = NULL,
              lease_number = NULL, run_at = ?, overall = COALESCE(?, overall),
              stage = CASE WHEN ? = 1 THEN NULL ELSE stage END, last_event = last_event + 1, result = ?,
              error_code = ?, error_message = ?, finished_at = ?
            WHERE id = ? AND \(isUnchanged) RETURNING last_event, overall
            """,
            [
                .text(machine.state.rawValue), .int(machine.attempt), .int(machine.crashes), .integer(machine.runAt),
                .optional(overall), .int(machine.state == .pending ? 1 : 0),
                .optional(result.map { String(decoding: $0, as: UTF8.self) }), .optional(machine.failure?.code),
                Self.shown(machine.failure?.message), .optional(machine.state.isFinal ? now : nil), .text(jobID),
            ] + condition)
        guard let row else { return false }
        // A cancelled job keeps the error of its last attempt, but that is not why it ended.
        try appendEvent(
            jobID, number: Int(try row.integer("last_event")), state: machine.state,
            overall: row.optionalReal("overall") ?? 0, failure: machine.state == .cancelled ? nil : machine.failure,
            in: db, now: now)
        return true
    }

    private static func machine(_ row: SQLRow) throws -> JobMachine? {
        guard let state = JobState(rawValue: try row.text("state")) else { return nil }
        // The kind is not kept: it only decides what a failure costs, and that has been paid.
        let failure = row.optionalText("error_code").map {
            JobFailure(kind: .transient, code: $0, message: row.optionalText("error_message") ?? "")
        }
        return JobMachine(
            state: state, attempt: Int(try row.integer("attempt")),
            maximumAttempts: Int(try row.integer("max_attempts")), crashes: Int(try row.integer("crashes")),
            owner: try row.optionalText("lease_owner").map {
                JobLease.holder(worker: $0, number: Int(try row.integer("lease_number")))
            },
            runAt: try row.integer("run_at"), failure: failure)
    }

    /// Text that a handler wrote; NUL, which no store takes, must not keep an attempt from ending.
    private static func shown(_ text: String?) -> SQLValue { .optional(text?.replacing("\0", with: "")) }
}

extension JobLease {
    fileprivate var attemptKey: JobTable.AttemptKey { JobTable.AttemptKey(worker: worker, number: id.number) }
}

package import HearthCore
package import HearthJSON

import struct Foundation.Data

/// The SQL of jobs and their events; every statement runs on each database.
package struct JobTable: Sendable {
    package let policy: RetryPolicy
    /// 0..<1, for back-off.
    private let jitter: @Sendable () -> Double
    private let subjects: [String: any JobSubject]

    /// - Parameter subjects: By the kind of the jobs that are about them, and by its earlier names. Every process that
    ///   changes jobs must know all of them.
    package init(
        policy: RetryPolicy = RetryPolicy(), subjects: [String: any JobSubject] = [:],
        jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.policy = policy
        self.subjects = subjects
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
            INSERT INTO jobs (id, tenant, kind, lane, state, priority, run_at, run_delay, attempt, max_attempts,
              crashes, input, subject, unique_key, overall, last_event, created_at)
            VALUES (\(jobID), \(request.tenant), \(request.kind), \(request.plan.lane.name), 'pending',
              \(request.priority), \(request.runAt ?? now), \(max(0, (request.runAt ?? now) - now)), 0,
              \(request.plan.maximumAttempts), 0, \(input), \(request.subject), \(request.uniqueKey), 0, 1, \(now))
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

    // MARK: Events

    /// Records progress of an attempt that still holds its job.
    /// - Returns: false when it does not.
    package func progress(
        _ lease: JobLease, _ report: ProgressReport, in db: any SQLConnection, now: Int64
    ) throws -> Bool {
        let number = try db.value(
            """
            UPDATE jobs SET overall = \(report.overall), stage = \(Self.shown(report.stage)),
              current_share = \(report.current), step = \(report.step), steps = \(report.steps), eta = \(report.eta),
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
            INSERT INTO job_events (job_id, number, state, stage, overall, current_share, step, steps, eta, message,
              preview, error_code, at)
            VALUES (\(jobID), \(number), \(state), \(Self.shown(report?.stage)), \(overall), \(report?.current),
              \(report?.step), \(report?.steps), \(report?.eta), \(Self.shown(report?.message ?? failure?.message)),
              \(report?.preview), \(failure?.code), \(now))
            """)
        // Only the first and the last events are kept: a job that goes on for days has a bounded number of rows.
        let forgotten = number - Limits.jobEvents + 1
        guard forgotten > 1 else { return }
        try db.execute("DELETE FROM job_events WHERE job_id = \(jobID) AND number = \(forgotten)")
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
        try release(owned(by: worker, in: db), of: worker, in: db, now: now)
    }

    /// Gives back, at no cost, jobs that a worker does not run though it holds their leases.
    /// - Returns: how many.
    @discardableResult
    package func release(
        _ leases: Set<JobLease.ID>, of worker: String, in db: any SQLConnection, now: Int64
    ) throws -> Int {
        try leases.count { lease in
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

    /// Workers that hold leases.
    package func leaseOwners(in db: any SQLConnection) throws -> [String] {
        try db.values(
            "SELECT DISTINCT lease_owner FROM jobs WHERE state = 'in_progress' ORDER BY lease_owner", as: String.self)
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
        // One that lasts longer than any lease was written when the clock was ahead.
        let longest = now + (Limits.lease + Limits.clockSkew).milliseconds
        return try db.rows(
            """
            SELECT id, lease_owner, lease_number FROM jobs
            WHERE state = 'in_progress' AND (lease_until < \(now) OR lease_until > \(longest))\(others)
            ORDER BY lease_until LIMIT \(limit)
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
                SELECT last_event, state, attempt, max_attempts, crashes, outages, lease_owner, lease_number, run_at,
                  error_code, error_message
                FROM jobs WHERE id = \(jobID)
                """
            ) { row in (try row.next(Int64.self), try JobMachine(row: &row)) }
            guard case (let version, var machine)? = found else { return false }
            let before = machine.state
            guard try transition(&machine) else { return false }
            let job = try write(machine, jobID, attempt, version: version, result: result, in: db, now: now)
            guard let job else { continue }
            try tell(job.kind, of: job.job, after: before, in: db, now: now)
            return true
        }
        throw HearthError(.overloaded, "The job changes faster than this can be done.", retryAfter: 1)
    }

    /// Tells the rows that a job is about when it has ended or has come back from its end.
    private func tell(
        _ kind: String, of job: SubjectJob, after before: JobState, in db: any SQLConnection, now: Int64
    ) throws {
        guard before.isFinal != job.state.isFinal, let subject = subjects[kind] else { return }
        if job.state.isFinal {
            try subject.jobEnded(job, in: db, now: now)
        } else {
            try subject.jobReturned(job, in: db, now: now)
        }
    }

    /// - Returns: the job as it is now; nil when its row is not as it was read.
    private func write(
        _ machine: JobMachine, _ jobID: String, _ attempt: AttemptKey?, version: Int64, result: Data?,
        in db: any SQLConnection, now: Int64
    ) throws -> (kind: String, job: SubjectJob)? {
        let isUnchanged: SQL =
            if let attempt {
                "state = 'in_progress' AND lease_owner = \(attempt.worker) AND lease_number = \(attempt.number)"
            } else {
                "last_event = \(version)"
            }
        let overall: Double? = machine.state == .completed ? 1 : machine.state == .pending ? 0 : nil
        // A cancelled job keeps the error of its last attempt, but that is not why it ended.
        let failure = machine.state == .cancelled ? nil : machine.failure
        let written = try db.row(
            """
            UPDATE jobs SET state = \(machine.state), attempt = \(machine.attempt), crashes = \(machine.crashes),
              outages = \(machine.outages), lease_owner = NULL, lease_until = NULL, lease_number = NULL,
              run_at = \(machine.runAt), run_delay = \(max(0, machine.runAt - now)),
              overall = COALESCE(\(overall), overall),
              stage = CASE WHEN \(machine.state == .pending) = 1 THEN NULL ELSE stage END,
              current_share = NULL, step = NULL, steps = NULL, eta = NULL,
              last_event = last_event + 1, result = \(result.map { String(decoding: $0, as: UTF8.self) }),
              error_code = \(machine.failure?.code), error_message = \(Self.shown(machine.failure?.message)),
              finished_at = \(machine.state.isFinal ? now : nil)
            WHERE id = \(jobID) AND \(isUnchanged) RETURNING last_event, overall, kind, tenant, subject
            """
        ) { row in
            (
                number: try row.next(Int.self), overall: try row.next(Double?.self) ?? 0,
                kind: try row.next(String.self),
                job: SubjectJob(
                    jobID: jobID, tenant: try row.next(), subject: try row.next(), state: machine.state,
                    failure: failure)
            )
        }
        guard let written else { return nil }
        try appendEvent(
            jobID, number: written.number, state: machine.state, overall: written.overall, failure: failure, in: db,
            now: now)
        return (written.kind, written.job)
    }

    /// Text that a handler wrote; NUL, which no store takes, must not keep an attempt from ending.
    private static func shown(_ text: String?) -> String? { text?.replacing("\0", with: "") }
}

extension JobMachine {
    /// Reads state, attempt, max_attempts, crashes, outages, lease_owner, lease_number, run_at, error_code,
    /// error_message.
    fileprivate init(row: inout SQLRow) throws {
        let state = try row.next(JobState.self)
        let (attempt, maximumAttempts) = (try row.next(Int.self), try row.next(Int.self))
        let (crashes, outages) = (try row.next(Int.self), try row.next(Int.self))
        let (worker, number) = (try row.next(String?.self), try row.next(Int?.self))
        let runAt = try row.next(Int64.self)
        let (code, message) = (try row.next(String?.self), try row.next(String?.self))
        self.init(
            state: state, attempt: attempt, maximumAttempts: maximumAttempts, crashes: crashes, outages: outages,
            leaseHolder: worker.map { JobLease.holder(worker: $0, number: number ?? 0) }, runAt: runAt,
            // The kind is not kept: it only decides what a failure costs, and that has been paid.
            failure: code.map { JobFailure(kind: .transient, code: $0, message: message ?? "") })
    }
}

extension JobLease {
    fileprivate var attemptKey: JobTable.AttemptKey { JobTable.AttemptKey(worker: worker, number: id.number) }
}

extension JobState: SQLColumn {}

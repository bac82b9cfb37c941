package import HearthCore
import HearthJSON

import struct Foundation.Data

extension JobTable {
    /// Tenants that have so many unfinished jobs, or more.
    package func tenants(withUnfinished limit: Int, in db: any SQLConnection) throws -> Set<Tenant> {
        Set(
            try db.values(
                """
                SELECT tenant FROM jobs WHERE state IN ('pending', 'in_progress')
                GROUP BY tenant HAVING COUNT(*) >= \(limit)
                """, as: Tenant.self))
    }

    /// What a tenant has of jobs.
    package static func usage(of tenant: Tenant, in db: any SQLConnection) throws -> TenantUsage {
        let count = try db.value(
            """
            SELECT COUNT(*) FROM (
              SELECT 1 FROM jobs WHERE tenant = \(tenant) AND state IN ('pending', 'in_progress')
              LIMIT \(Limits.unfinishedJobs)
            ) AS unfinished
            """, as: Int64.self)
        return TenantUsage(unfinishedJobs: count ?? 0)
    }

    /// What a list of jobs is narrowed to.
    package struct Filter: Sendable {
        package var state: JobState?
        package var kind: String?
        /// Whether jobs of the lane `upkeep` are among them.
        package var hasUpkeep = true
        package var page: PageRequest

        /// A filter; nil of a state or kind: all.
        package init(state: JobState? = nil, kind: String? = nil, page: PageRequest) {
            self.state = state
            self.kind = kind
            self.page = page
        }
    }

    /// A tenant's jobs, newest first.
    package func list(_ filter: Filter, of tenant: Tenant, in db: any SQLConnection) throws -> Page<Job> {
        var condition: SQL = "tenant = \(tenant)"
        if let state = filter.state { condition = "\(condition) AND state = \(state)" }
        if let kind = filter.kind { condition = "\(condition) AND kind = \(kind)" }
        if !filter.hasUpkeep { condition = "\(condition) AND lane <> \(Lane.upkeep.name)" }
        return try db.page(
            filter.page, of: "SELECT \(Job.columns) FROM jobs WHERE \(condition)", cursor: \Job.jobID)
    }

    /// One job of a tenant.
    /// - Throws: ``HearthError`` `not_found`.
    package func job(_ jobID: String, of tenant: Tenant, in db: any SQLConnection) throws -> Job {
        let job = try db.row(
            "SELECT \(Job.columns) FROM jobs WHERE id = \(jobID) AND tenant = \(tenant)", as: Job.self)
        guard let job else { throw HearthError(.notFound, "There is no such job.") }
        return job
    }

    /// A job's events after a number, oldest first.
    package func events(
        _ jobID: String, since number: Int, limit: Int = Limits.eventPage, in db: any SQLConnection
    ) throws -> [JobEvent] {
        try db.rows(
            """
            SELECT \(JobEvent.columns) FROM job_events WHERE job_id = \(jobID) AND number > \(number)
            ORDER BY number LIMIT \(limit)
            """, as: JobEvent.self)
    }

    /// Whether a job has ended, or is no longer kept.
    package func isOver(_ jobID: String, in db: any SQLConnection) throws -> Bool {
        try db.value("SELECT state FROM jobs WHERE id = \(jobID)", as: JobState.self)?.isFinal ?? true
    }

    /// The newest position of the log, and the jobs that have written after `position`.
    package func changes(
        after position: Int64, in db: any SQLConnection
    ) throws -> (position: Int64, jobs: Set<String>) {
        let rows = try db.rows(
            """
            SELECT position, job_id FROM job_events WHERE position > \(position)
            ORDER BY position LIMIT \(Limits.eventPage)
            """
        ) { row in (position: try row.next(Int64.self), jobID: try row.next(String.self)) }
        return (rows.last?.position ?? position, Set(rows.map(\.jobID)))
    }

    /// The newest position of the log.
    package func newestPosition(in db: any SQLConnection) throws -> Int64 {
        try db.value("SELECT COALESCE(MAX(position), 0) FROM job_events", as: Int64.self) ?? 0
    }

    /// Jobs per lane and state.
    package func depths(in db: any SQLConnection) throws -> [(lane: String, state: String, count: Int)] {
        try db.rows("SELECT lane, state, COUNT(*) FROM jobs GROUP BY lane, state ORDER BY lane, state") { row in
            (try row.next(), try row.next(), try row.next())
        }
    }

    /// How many jobs of each operation run now.
    package func running(in db: any SQLConnection) throws -> [String: Int] {
        let rows = try db.rows("SELECT kind, COUNT(*) FROM jobs WHERE state = 'in_progress' GROUP BY kind") { row in
            (try row.next(String.self), try row.next(Int.self))
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// Pending jobs of some operations in some lanes, counted up to a limit.
    package func waiting(
        kinds: [String], lanes: [String], limit: Int, in db: any SQLConnection
    ) throws -> Int {
        try db.value(
            """
            SELECT COUNT(*) FROM
              (SELECT id FROM jobs WHERE state = 'pending' AND lane IN \(list: lanes) AND kind IN \(list: kinds)
               LIMIT \(limit)) AS waiting
            """, as: Int.self) ?? 0
    }

    /// Finished jobs that are kept no longer, the oldest first, as many as one step deletes. To be asked by reading: it
    /// counts the jobs that are kept.
    package func prunable(
        in db: any SQLConnection, now: Int64, history: Duration = Limits.jobHistory,
        count: Int = Limits.jobHistoryCount, limit: Int = Limits.prunedJobs
    ) throws -> [String] {
        let old = try db.values(
            """
            SELECT id FROM jobs WHERE finished_at IS NOT NULL AND finished_at < \(now - history.milliseconds)
            ORDER BY finished_at LIMIT \(limit)
            """, as: String.self)
        guard old.isEmpty else { return old }
        let kept = try db.value("SELECT COUNT(*) FROM jobs WHERE finished_at IS NOT NULL", as: Int.self)
        let surplus = min((kept ?? 0) - count, limit)
        guard surplus > 0 else { return [] }
        return try db.values(
            "SELECT id FROM jobs WHERE finished_at IS NOT NULL ORDER BY finished_at LIMIT \(surplus)", as: String.self)
    }

    /// One step of deleting finished jobs: first a bounded number of their events, then the jobs that have none left.
    /// - Parameter jobs: of ``prunable(in:now:history:count:limit:)``; what was retried meanwhile stays.
    package func prune(_ jobs: [String], in db: any SQLConnection) throws {
        let ended: SQL = "SELECT id FROM jobs WHERE id IN \(list: jobs) AND finished_at IS NOT NULL"
        let events = try db.execute(
            """
            DELETE FROM job_events WHERE position IN
              (SELECT position FROM job_events WHERE job_id IN (\(ended)) LIMIT \(Limits.stepItems))
            """)
        guard events < Limits.stepItems else { return }
        try db.execute("DELETE FROM jobs WHERE id IN (\(ended))")
    }
}

extension Job: SQLDecodable {
    static let columns: SQL = """
        id, kind, lane, state, priority, attempt, max_attempts, subject, overall, stage, current_share, step, steps,
        eta, last_event, error_code, error_message, result, created_at, run_at, started_at, finished_at
        """

    /// Reads ``columns``.
    package init(row: inout SQLRow) throws {
        self.init(
            jobID: try row.next(), kind: try row.next(), lane: try row.next(), status: try row.next(),
            priority: try row.next(), attempt: try row.next(), maximumAttempts: try row.next(),
            subject: try row.next(), progress: try row.next(Double?.self) ?? 0, stage: try row.next(),
            current: try row.next(), step: try row.next(), steps: try row.next(), eta: try row.next(),
            lastEvent: try row.next(), errorCode: try row.next(), errorMessage: try row.next(),
            result: try row.next(String?.self).map { try JSONParser.read(Data($0.utf8)) },
            createdAt: try row.next(), runAt: try row.next(), startedAt: try row.next(), finishedAt: try row.next())
    }
}

extension JobEvent: SQLDecodable {
    static let columns: SQL = """
        job_id, number, state, stage, overall, current_share, step, steps, eta, message, preview, error_code, at
        """

    /// Reads ``columns``.
    package init(row: inout SQLRow) throws {
        let (jobID, number) = (try row.next(String.self), try row.next(Int.self))
        let (status, stage) = (try row.next(JobState.self), try row.next(String?.self))
        let overall = try row.next(Double?.self) ?? 0
        self.init(
            jobID: jobID, number: number, status: status, stage: stage, progress: overall,
            percentage: (overall * 1_000).rounded() / 10, current: try row.next(), step: try row.next(),
            steps: try row.next(), eta: try row.next(), message: try row.next(), preview: try row.next(),
            errorCode: try row.next(), at: try row.next())
    }
}

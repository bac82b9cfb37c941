package import HearthCore
import HearthJSON

import struct Foundation.Data

extension JobTable {
    /// Tenants that have so many unfinished jobs, or more.
    package func tenants(withUnfinished limit: Int, in db: any SQLConnection) throws -> Set<Tenant> {
        let rows = try db.query(
            """
            SELECT tenant FROM jobs WHERE state IN ('pending', 'in_progress') GROUP BY tenant HAVING COUNT(*) >= ?
            """, [.int(limit)])
        return Set(try rows.map { Tenant(rawValue: try $0.text("tenant")) })
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
        package var cursor: String?
        package var limit: Int

        package init(state: JobState? = nil, kind: String? = nil, cursor: String? = nil, limit: Int) {
            self.state = state
            self.kind = kind
            self.cursor = cursor
            self.limit = limit
        }
    }

    /// A tenant's jobs, newest first.
    package func list(_ filter: Filter, of tenant: Tenant, in db: any SQLConnection) throws -> Page<Job> {
        var conditions = ["tenant = ?"]
        var arguments: [SQLValue] = [.text(tenant.rawValue)]
        if let state = filter.state {
            conditions.append("state = ?")
            arguments.append(.text(state.rawValue))
        }
        if let kind = filter.kind {
            conditions.append("kind = ?")
            arguments.append(.text(kind))
        }
        if let cursor = filter.cursor {
            conditions.append("id < ?")
            arguments.append(.text(cursor))
        }
        let rows = try db.query(
            "SELECT * FROM jobs WHERE \(conditions.joined(separator: " AND ")) ORDER BY id DESC LIMIT ?",
            arguments + [.int(filter.limit + 1)])
        return try Page(rows: rows.map(Self.job), limit: filter.limit, cursor: \.jobID)
    }

    /// One job of a tenant.
    /// - Throws: ``HearthError`` `not_found`.
    package func job(_ jobID: String, of tenant: Tenant, in db: any SQLConnection) throws -> Job {
        let row = try db.first(
            "SELECT * FROM jobs WHERE id = ? AND tenant = ?", [.text(jobID), .text(tenant.rawValue)])
        guard let row else { throw HearthError(.notFound, "There is no such job.") }
        return try Self.job(row)
    }

    /// A job's events after a number, oldest first.
    package func events(
        _ jobID: String, since number: Int, limit: Int = Limits.eventPage, in db: any SQLConnection
    ) throws -> [JobEvent] {
        try db.query(
            "SELECT * FROM job_events WHERE job_id = ? AND number > ? ORDER BY number LIMIT ?",
            [.text(jobID), .int(number), .int(limit)]
        ).map(Self.event)
    }

    /// Whether a job has ended, or is no longer kept.
    package func isOver(_ jobID: String, in db: any SQLConnection) throws -> Bool {
        let state = try db.first("SELECT state FROM jobs WHERE id = ?", [.text(jobID)])?.text("state")
        return state.flatMap(JobState.init(rawValue:))?.isFinal ?? true
    }

    /// The newest position of the log, and the jobs that have written after `position`.
    package func changes(
        after position: Int64, in db: any SQLConnection
    ) throws -> (position: Int64, jobs: Set<String>) {
        let rows = try db.query(
            "SELECT position, job_id FROM job_events WHERE position > ? ORDER BY position LIMIT ?",
            [.integer(position), .int(Limits.eventPage)])
        let newest = try rows.last?.integer("position") ?? position
        return (newest, Set(try rows.map { try $0.text("job_id") }))
    }

    /// The newest position of the log.
    package func newestPosition(in db: any SQLConnection) throws -> Int64 {
        try db.first("SELECT MAX(position) AS newest FROM job_events")?.optionalInteger("newest") ?? 0
    }

    /// Jobs per lane and state.
    package func depths(in db: any SQLConnection) throws -> [(lane: String, state: String, count: Int)] {
        try db.query("SELECT lane, state, COUNT(*) AS count FROM jobs GROUP BY lane, state ORDER BY lane, state").map {
            (try $0.text("lane"), try $0.text("state"), Int(try $0.integer("count")))
        }
    }

    /// Pending jobs of some operations in some lanes, counted up to a limit.
    package func waiting(
        kinds: [String], lanes: [String], limit: Int, in db: any SQLConnection
    ) throws -> Int {
        guard !kinds.isEmpty, !lanes.isEmpty else { return 0 }
        let row = try db.first(
            """
            SELECT COUNT(*) AS count FROM
              (SELECT id FROM jobs WHERE state = 'pending' AND lane IN (\(db.placeholders(lanes.count)))
                AND kind IN (\(db.placeholders(kinds.count))) LIMIT ?) AS waiting
            """, lanes.map(SQLValue.text) + kinds.map(SQLValue.text) + [.int(limit)])
        return Int(try row?.integer("count") ?? 0)
    }

    /// Deletes old finished jobs with their events, a bounded number at a time.
    /// - Returns: how many.
    @discardableResult
    package func prune(
        in db: any SQLConnection, now: Int64, history: Duration = Limits.jobHistory,
        count: Int = Limits.jobHistoryCount, batch: Int = 1_000
    ) throws -> Int {
        let byAge = try db.execute(
            """
            DELETE FROM jobs WHERE id IN
              (SELECT id FROM jobs WHERE finished_at IS NOT NULL AND finished_at < ? ORDER BY finished_at LIMIT ?)
            """, [.integer(now - history.milliseconds), .int(batch)])
        let kept = try db.first("SELECT COUNT(*) AS count FROM jobs WHERE finished_at IS NOT NULL")?.integer("count")
        let surplus = min(Int(kept ?? 0) - count, batch)
        guard surplus > 0 else { return byAge }
        let byCount = try db.execute(
            """
            DELETE FROM jobs WHERE id IN
              (SELECT id FROM jobs WHERE finished_at IS NOT NULL ORDER BY finished_at LIMIT ?)
            """, [.int(surplus)])
        return byAge + byCount
    }

    private static func job(_ row: SQLRow) throws -> Job {
        Job(
            jobID: try row.text("id"), kind: try row.text("kind"), lane: try row.text("lane"),
            status: try state(row), priority: Int(try row.integer("priority")),
            attempt: Int(try row.integer("attempt")), maximumAttempts: Int(try row.integer("max_attempts")),
            subject: row.optionalText("subject"), progress: row.optionalReal("overall") ?? 0,
            stage: row.optionalText("stage"), lastEvent: Int(try row.integer("last_event")),
            errorCode: row.optionalText("error_code"), errorMessage: row.optionalText("error_message"),
            result: try row.optionalText("result").map { try JSONParser.read(Data($0.utf8)) },
            createdAt: try row.integer("created_at"), runAt: try row.integer("run_at"),
            startedAt: row.optionalInteger("started_at"), finishedAt: row.optionalInteger("finished_at"))
    }

    private static func event(_ row: SQLRow) throws -> JobEvent {
        let overall = row.optionalReal("overall") ?? 0
        return JobEvent(
            jobID: try row.text("job_id"), number: Int(try row.integer("number")), status: try state(row),
            stage: row.optionalText("stage"), progress: overall, percentage: (overall * 1_000).rounded() / 10,
            step: row.optionalInteger("step").map(Int.init), steps: row.optionalInteger("steps").map(Int.init),
            message: row.optionalText("message"), preview: row.optionalText("preview"),
            errorCode: row.optionalText("error_code"), at: try row.integer("at"))
    }

    private static func state(_ row: SQLRow) throws -> JobState {
        guard let state = JobState(rawValue: try row.text("state")) else {
            throw HearthError(.internalError, "The store holds a job in an unknown state.")
        }
        return state
    }
}

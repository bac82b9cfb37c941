package import HearthCore
import HearthJSON

import struct Foundation.Data

/// Leases of jobs: who gets which, for how long, and whether an attempt still holds its job.
extension JobTable {
    /// What a worker asks for.
    package struct LeaseRequest: Sendable {
        /// Lanes that the worker has places in.
        package let lanes: [Lane]
        /// Operations whose needs are met in this worker.
        package let kinds: [String]
        /// The process, as leases name it.
        package let worker: String
        /// Free places: jobs at most.
        package let limit: Int
        /// Whether jobs are asked for that were there when a worker crashed, and no others.
        package let suspects: Bool
        /// The tenant whose turn was last; those behind it come first.
        package let after: Tenant?

        package init(
            lanes: [Lane], kinds: [String], worker: String, limit: Int, suspects: Bool = false, after: Tenant? = nil
        ) {
            self.after = after
            self.lanes = lanes
            self.kinds = kinds
            self.worker = worker
            self.limit = limit
            self.suspects = suspects
        }

        /// What a pending job must be for this request.
        fileprivate var condition: SQL {
            "\(changingCondition) AND lane IN \(list: lanes.map(\.name)) AND kind IN \(list: kinds)"
        }

        /// The part of ``condition`` that may hold at one time and not at another: the lane and the kind of a job stay.
        fileprivate var changingCondition: SQL {
            let crashes: SQL = suspects ? "> 0" : "= 0"
            return "state = 'pending' AND crashes \(crashes)"
        }
    }

    /// Finds what may be leased in some lanes, in turn from the tenants that have some: of each the most urgent ones,
    /// by priority, then time, then age. So no tenant waits behind all jobs of another one.
    ///
    /// A tenant that has less running in these lanes comes before one that has more. Of many tenants a bounded number
    /// is looked at, beginning behind the last one that had its turn.
    ///
    /// It only reads, so that the one writer is held no longer by many tenants than by one.
    /// - Returns: Identifiers of jobs, at most as many as are asked for. Another worker may be faster.
    package func claimable(_ request: LeaseRequest, in db: any SQLConnection, now: Int64) throws -> [String] {
        guard !request.kinds.isEmpty, !request.lanes.isEmpty, request.limit > 0 else { return [] }
        let limit = min(request.limit, Limits.leaseBatch)
        guard !request.suspects else {
            return try db.values(
                """
                SELECT id FROM jobs WHERE \(request.condition) AND +run_at <= \(now)
                ORDER BY priority DESC, run_at, id LIMIT \(limit)
                """, as: String.self)
        }
        var tenants = try waitingTenants(request, in: db)
        // The jobs of all these may not be due; that of one who is not among them is then.
        if tenants.count == Limits.leaseTenants, let due = try longestDue(request, in: db), !tenants.contains(due) {
            tenants.append(due)
        }
        guard !tenants.isEmpty else { return [] }
        // What each gets when all of them have enough.
        let share = (limit + tenants.count - 1) / tenants.count
        var turns = LeaseTurns(
            tenants, running: try running(in: request.lanes, of: tenants, in: db), page: share
        ) { tenant, skip, limit in
            // `+run_at` keeps SQLite from walking the jobs by time and sorting them all: the index is in order.
            try db.rows(
                """
                SELECT id, priority FROM jobs WHERE \(request.condition) AND tenant = \(tenant) AND +run_at <= \(now)
                ORDER BY priority DESC, run_at, id LIMIT \(limit) OFFSET \(skip)
                """
            ) { row in LeaseTurns.Waiting(id: try row.next(), priority: try row.next()) }
        }
        return try turns.take(limit)
    }

    /// The tenant whose job has been due for the longest time, or is due next.
    private func longestDue(_ request: LeaseRequest, in db: any SQLConnection) throws -> Tenant? {
        try db.value("SELECT tenant FROM jobs WHERE \(request.condition) ORDER BY run_at LIMIT 1", as: Tenant.self)
    }

    /// Tenants that have pending jobs in some lanes, in the order of their names from a tenant on: each is found by a
    /// step in the index, however many jobs the ones before it have.
    private func waitingTenants(_ request: LeaseRequest, in db: any SQLConnection) throws -> [Tenant] {
        func next(after tenant: Tenant?) throws -> Tenant? {
            let behind: SQL = if let tenant { " AND tenant > \(tenant)" } else { "" }
            return try request.lanes.compactMap { lane in
                try db.value(
                    """
                    SELECT tenant FROM jobs WHERE state = 'pending' AND lane = \(lane.name)\(behind)
                    ORDER BY tenant LIMIT 1
                    """, as: Tenant.self)
            }.min { $0.rawValue < $1.rawValue }
        }
        var found: [Tenant] = []
        var (last, isFromStart) = (request.after, request.after == nil)
        while found.count < Limits.leaseTenants {
            // Those behind the tenant that the search began with are known.
            if isFromStart, let first = request.after, let last, last.rawValue >= first.rawValue { break }
            if let tenant = try next(after: last), !found.contains(tenant) {
                found.append(tenant)
                last = tenant
            } else if !isFromStart {
                (last, isFromStart) = (nil, true)
            } else {
                break
            }
        }
        return found
    }

    /// How many jobs of these tenants run in some lanes.
    private func running(
        in lanes: [Lane], of tenants: [Tenant], in db: any SQLConnection
    ) throws -> [Tenant: Int] {
        guard tenants.count > 1 else { return [:] }
        let counts = try db.rows(
            """
            SELECT tenant, COUNT(*) FROM jobs
            WHERE state = 'in_progress' AND lane IN \(list: lanes.map(\.name)) GROUP BY tenant
            """
        ) { row in (try row.next(Tenant.self), try row.next(Int.self)) }
        return Dictionary(counts) { first, _ in first }
    }

    /// Leases jobs that ``claimable(_:in:now:)`` has found, in their order; those that are not what was asked for any
    /// more are left out.
    package func lease(
        _ ids: [String], for request: LeaseRequest, in db: any SQLConnection, now: Int64
    ) throws -> [JobLease] {
        try ids.compactMap { id in
            let taken = try db.row(
                """
                UPDATE jobs SET state = 'in_progress', attempt = attempt + 1, lease_owner = \(request.worker),
                  lease_until = \(now + Limits.lease.milliseconds), started_at = \(now), last_event = last_event + 1,
                  lease_number = last_event + 1
                WHERE id = \(id) AND \(request.changingCondition) AND run_at <= \(now)
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
    /// - Parameter suspects: Whether only those count whose jobs are still suspects.
    package func owned(
        by worker: String, suspects: Bool = false, in db: any SQLConnection
    ) throws -> Set<JobLease.ID> {
        let condition: SQL = suspects ? " AND crashes > 0" : ""
        return Set(
            try db.rows(
                """
                SELECT id, lease_number FROM jobs WHERE lease_owner = \(worker) AND state = 'in_progress'\(condition)
                """, as: JobLease.ID.self))
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
    ///
    /// A job that gets as far as that is no suspect any more, because the next crash is not at the same place, and it
    /// is at work, so what it waited for before counts no more.
    /// - Throws: ``JobLease/Lost``.
    package func requireLease(_ lease: JobLease, in db: any SQLConnection) throws {
        let held = try db.execute(
            """
            UPDATE jobs SET crashes = 0, outages = 0
            WHERE id = \(lease.jobID) AND lease_owner = \(lease.worker) AND lease_number = \(lease.id.number)
              AND state = 'in_progress'
            """)
        guard held == 1 else { throw JobLease.Lost() }
    }
}

extension JobLease.ID: SQLDecodable {
    /// Reads id, lease_number.
    package init(row: inout SQLRow) throws { self.init(jobID: try row.next(), number: try row.next()) }
}

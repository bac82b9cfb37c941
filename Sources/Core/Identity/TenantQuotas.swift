import HearthJSON
package import Logging
import ServiceLifecycle

/// Holds tenants to what they may have, before work is spent on what would be too much.
///
/// A tenant without limits costs a look into memory. What another tenant has is counted once, and what it adds is added
/// in memory from then on. Rows are counted again when the tenant seems to be at its limit, because what was deleted or
/// has ended is not subtracted in memory, and now and then, because other processes add as well. So a refusal always
/// rests on a count that is at most ``Limits/quotaPause`` old. What is under way at the moment of a count may be in the
/// rows already or not; it is added to the count, so that no limit is passed by it. Only what other processes add
/// within ``Limits/quotaAge`` may pass one.
///
/// One count of a tenant runs at a time, and never on the thread of a connection. While it runs, callers that fit into
/// the older count do not wait.
package final class TenantQuotas: Service {
    /// What a tenant has of what one part keeps, by its rows.
    package typealias Counter = @Sendable (Tenant, any SQLConnection) throws -> TenantUsage

    private struct Account {
        var usage: TenantUsage
        /// When its count began. A clock that is set back must not stop the counts, so this is not the time of day.
        var countedAt: ContinuousClock.Instant
    }

    /// A count of a tenant's rows that is under way.
    private struct Count {
        let task: Task<Void, any Error>
        /// What was taken since it began, or was under way then: the count may not see its rows.
        var taken: TenantUsage
    }

    private enum Answer {
        case taken
        /// It is too much by a count that is young enough.
        case isFull
        /// The rows must be counted first.
        case isUnknown
    }

    private struct State {
        var limits: [Tenant: TenantLimits] = [:]
        var accounts: [Tenant: Account] = [:]
        var counts: [Tenant: Count] = [:]
        /// What was taken and may not be in the rows yet.
        var pending: [Tenant: TenantUsage] = [:]
        /// Counts that callers wait for who want to see their tenant's numbers …
        var reports: [Tenant: Task<TenantUsage, any Error>] = [:]
        /// … and the one that was begun last.
        var lastReport: Task<TenantUsage, any Error>?

        mutating func take(
            _ amount: TenantUsage, for tenant: Tenant, within limits: TenantLimits, now: ContinuousClock.Instant
        ) -> Answer {
            guard let account = accounts[tenant] else { return .isUnknown }
            let age = now - account.countedAt
            guard age < Limits.quotaAge || counts[tenant] != nil else { return .isUnknown }
            if add(amount, for: tenant, within: limits) == nil { return .taken }
            return age < Limits.quotaPause ? .isFull : .isUnknown
        }

        /// Adds to what the tenant has now.
        /// - Returns: why it is too much; nothing is added then.
        mutating func add(_ amount: TenantUsage, for tenant: Tenant, within limits: TenantLimits) -> HearthError? {
            let usage = accounts[tenant]?.usage ?? TenantUsage()
            guard limits.excess(of: amount, over: usage) == nil else { return limits.refusal(of: amount, over: usage) }
            accounts[tenant]?.usage = usage + amount
            if let taken = counts[tenant]?.taken { counts[tenant]?.taken = taken + amount }
            pending[tenant] = (pending[tenant] ?? TenantUsage()) + amount
            return nil
        }

        mutating func settle(_ amount: TenantUsage, of tenant: Tenant) {
            let left = (pending[tenant] ?? TenantUsage()) - amount
            pending[tenant] = left == TenantUsage() ? nil : left
        }
    }

    private let store: any Store
    private let counters: [Counter]
    private let now: @Sendable () -> ContinuousClock.Instant
    private let logger: Logger
    private let table = TenantLimitTable()
    private let state = Locked(State())

    /// - Parameters:
    ///   - counters: of all parts that keep something; their numbers are added up.
    ///   - now: by which counts grow old.
    package init(
        store: any Store, counters: [Counter], logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.store = store
        self.counters = counters
        self.now = now
        self.logger = logger
    }

    /// Whether a tenant has any limit, for callers whose numbers are not at hand.
    package func limits(_ tenant: Tenant) -> Bool { limits(of: tenant) != nil }

    /// What was taken and may not be in the rows yet; to be kept until it is, or has failed.
    package final class Share: Sendable {
        private let quotas: TenantQuotas
        private let tenant: Tenant
        private let amount: TenantUsage

        fileprivate init(_ amount: TenantUsage, of tenant: Tenant, in quotas: TenantQuotas) {
            (self.amount, self.tenant, self.quotas) = (amount, tenant, quotas)
        }

        deinit { quotas.state.withLock { $0.settle(amount, of: tenant) } }
    }

    /// Takes what a tenant is about to add.
    ///
    ///     let taken = try await quotas.take(TenantUsage(storedBytes: 40_000, records: 1), for: tenant)
    ///     defer { withExtendedLifetime(taken) {} }
    /// - Parameter exactly: what it really adds, by the rows, asked for a tenant with limits only: a record may replace
    ///   one that is there, and what adds nothing must not use anything up.
    /// - Returns: nil for a tenant without limits.
    /// - Throws: ``HearthError`` `quota_exceeded`, or `overloaded` for jobs, which end by themselves; nothing is taken
    ///   then.
    @discardableResult
    package func take(
        _ amount: TenantUsage, for tenant: Tenant,
        exactly: (@Sendable (any SQLConnection) throws -> TenantUsage)? = nil
    ) async throws -> Share? {
        guard let limits = limits(of: tenant) else { return nil }
        let amount = if let exactly { try await store.read { db in try exactly(db) } } else { amount }
        switch state.withLock({ $0.take(amount, for: tenant, within: limits, now: now()) }) {
        case .taken: return Share(amount, of: tenant, in: self)
        // A tenant at its limit that goes on asking must not make the server count all its rows each time.
        case .isFull: break
        case .isUnknown:
            try await recount(tenant)
        }
        // Others may have taken meanwhile: what counts is what the tenant has now.
        if let refusal = state.withLock({ $0.add(amount, for: tenant, within: limits) }) { throw refusal }
        return Share(amount, of: tenant, in: self)
    }

    /// Waits for the count of a tenant that is under way, or for one that it begins.
    private func recount(_ tenant: Tenant) async throws {
        let task = state.withLock { state -> Task<Void, any Error> in
            if let running = state.counts[tenant] { return running.task }
            // Not on the caller's thread, where all connections of a loop may wait; and the caller that began it may
            // leave.
            let task = Task.detached { [self] in
                do {
                    let usage = try await store.read { [counters] db in try Self.count(tenant, counters, in: db) }
                    endCount(of: tenant, usage)
                } catch {
                    self.state.withLock { $0.counts[tenant] = nil }
                    throw error
                }
            }
            state.counts[tenant] = Count(task: task, taken: state.pending[tenant] ?? TenantUsage())
            return task
        }
        try await task.value
    }

    private func endCount(of tenant: Tenant, _ usage: TenantUsage) {
        state.withLock { state in
            let taken = state.counts.removeValue(forKey: tenant)?.taken ?? TenantUsage()
            state.accounts[tenant] = Account(usage: usage + taken, countedAt: now())
        }
    }

    /// What a tenant has, counted now, and what it may have.
    ///
    /// Such counts are made one after the other, and callers of one tenant share theirs: each looks at all rows of a
    /// tenant, and many at once would keep all readers of the database busy.
    package func report(of tenant: Tenant) async throws -> (usage: TenantUsage, limits: TenantLimits) {
        let task = state.withLock { state in
            if let running = state.reports[tenant] { return running }
            // Not on the caller's thread, where all connections of a loop may wait; and the caller may leave.
            let task = Task.detached { [self, earlier = state.lastReport] in
                _ = await earlier?.result
                // A caller from here on may have written something that this count does not see.
                self.state.withLock { $0.reports[tenant] = nil }
                return try await store.read { [counters] db in try Self.count(tenant, counters, in: db) }
            }
            state.reports[tenant] = task
            state.lastReport = task
            return task
        }
        return (try await task.value, limits(of: tenant) ?? TenantLimits())
    }

    /// Sets the limits of a tenant in place of those that it had.
    /// - Throws: ``HearthError`` `conflict` when as many tenants have limits as there may be.
    package func set(_ limits: TenantLimits, for tenant: Tenant) async throws {
        let table = table
        try await store.write { db in try table.set(limits, for: tenant, in: db) }
        // They are committed: an error would say that they are not.
        await refreshOrLog()
    }

    /// Reads the limits again: another process may have changed them.
    package func refresh() async throws {
        let table = table
        let limits = try await store.read { db in try table.all(in: db) }
        state.withLock { $0.limits = limits }
    }

    /// Reads the limits again and again, until the server stops.
    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while (try? await Task.sleep(for: Limits.keyRefresh)) != nil { await refreshOrLog() }
        }
    }

    private func refreshOrLog() async {
        do {
            try await refresh()
        } catch {
            logger.warning(
                "The limits of tenants could not be read; those that are known still hold",
                metadata: ["error": "\(error)"])
        }
    }

    private func limits(of tenant: Tenant) -> TenantLimits? {
        let limits = state.withLock { $0.limits[tenant] }?.effective ?? TenantLimits().effective
        return limits.isEmpty ? nil : limits
    }

    private static func count(_ tenant: Tenant, _ counters: [Counter], in db: any SQLConnection) throws -> TenantUsage {
        try counters.reduce(TenantUsage()) { try $0 + $1(tenant, db) }
    }
}

extension TenantLimits {
    /// One limit that would be passed.
    fileprivate struct Excess {
        var name: String
        var limit: Int64
        var used: Int64
        var added: Int64
    }

    /// The first limit that would be passed; nil: there is none.
    fileprivate func excess(of amount: TenantUsage, over used: TenantUsage) -> Excess? {
        let all = [
            ("unfinished_jobs", unfinishedJobs, used.unfinishedJobs, amount.unfinishedJobs),
            ("stored_bytes", storedBytes, used.storedBytes, amount.storedBytes),
            ("records", records, used.records, amount.records),
        ]
        for (name, limit, used, added) in all {
            // What adds nothing is never too much, also when a limit was lowered.
            if let limit, added > 0, used.addingReportingOverflow(added).partialValue > limit {
                return Excess(name: name, limit: limit, used: used, added: added)
            }
        }
        return nil
    }

    fileprivate func refusal(of amount: TenantUsage, over used: TenantUsage) -> HearthError {
        guard let excess = excess(of: amount, over: used) else {
            return HearthError(.internalError, "A quota was refused that is not used up.")
        }
        let isOfJobs = excess.name == "unfinished_jobs"
        return HearthError(
            isOfJobs ? .overloaded : .quotaExceeded,
            "The tenant has \(excess.used) of \(excess.limit) \(excess.name), and this would add \(excess.added).",
            hint: isOfJobs
                ? "Wait until some jobs have ended; `GET /api/usage` shows what there is."
                : "Delete something, or ask an operator of the server for more; `GET /api/usage` shows what there is.",
            retryAfter: isOfJobs ? 10 : nil,
            details: [
                "quota": .string(excess.name), "limit": .int(excess.limit), "used": .int(excess.used),
                "requested": .int(excess.added),
            ])
    }
}

import HearthJSON
package import Logging
import ServiceLifecycle

/// Holds tenants to what they may have, before work is spent on what would be too much.
///
/// A tenant without limits costs a look into memory. What another tenant has is counted once, and what it adds is added
/// in memory from then on. Rows are counted again when the tenant seems to be at its limit, because what was deleted or
/// has ended is not subtracted in memory, and now and then, because other processes add as well. So a refusal always
/// rests on a count that is at most ``Limits/quotaPause`` old, while a limit may be passed by what is under way at the
/// moment of a count, and by what other processes add within ``Limits/quotaAge``.
package final class TenantQuotas: Service {
    /// What a tenant has of what one part keeps, by its rows.
    package typealias Counter = @Sendable (Tenant, any SQLConnection) throws -> TenantUsage

    private struct Account {
        var usage: TenantUsage
        /// Milliseconds since 1970, when the rows were counted.
        var countedAt: Int64
    }

    private struct State {
        var limits: [Tenant: TenantLimits] = [:]
        var accounts: [Tenant: Account] = [:]
    }

    private let store: any Store
    private let counters: [Counter]
    private let clock: any WallClock
    private let logger: Logger
    private let table = TenantLimitTable()
    private let state = Locked(State())

    /// - Parameter counters: of all parts that keep something; their numbers are added up.
    package init(store: any Store, counters: [Counter], clock: any WallClock, logger: Logger) {
        self.store = store
        self.counters = counters
        self.clock = clock
        self.logger = logger
    }

    /// Whether a tenant has any limit, for callers whose numbers are not at hand.
    package func limits(_ tenant: Tenant) -> Bool { limits(of: tenant) != nil }

    /// Takes what a tenant is about to add.
    ///
    ///     try await quotas.take(TenantUsage(storedBytes: 40_000, records: 1), for: tenant)
    /// - Parameter exactly: what it really adds, by the rows, asked when `amount` would be too much: a record may
    ///   replace one that is there.
    /// - Throws: ``HearthError`` `quota_exceeded`, or `overloaded` for jobs, which end by themselves; nothing is taken
    ///   then.
    package func take(
        _ amount: TenantUsage, for tenant: Tenant,
        exactly: (@Sendable (any SQLConnection) throws -> TenantUsage)? = nil
    ) async throws {
        guard let limits = limits(of: tenant) else { return }
        let now = clock.now()
        var known: TenantUsage?
        let isTaken = state.withLock { state -> Bool in
            guard let account = state.accounts[tenant], now - account.countedAt < Limits.quotaAge.milliseconds else {
                return false
            }
            if limits.excess(of: amount, over: account.usage) == nil {
                state.accounts[tenant]?.usage = account.usage + amount
                return true
            }
            if now - account.countedAt < Limits.quotaPause.milliseconds { known = account.usage }
            return false
        }
        if isTaken { return }
        // A tenant at its limit that goes on asking must not make the server count all its rows each time.
        if let known, exactly == nil { throw limits.refusal(of: amount, over: known) }
        let (counted, added) = try await store.read { [counters, known] db in
            (try known ?? Self.count(tenant, counters, in: db), try exactly?(db) ?? amount)
        }
        try state.withLock { state in
            let countedAt = known == nil ? now : state.accounts[tenant]?.countedAt ?? now
            if limits.excess(of: added, over: counted) != nil {
                state.accounts[tenant] = Account(usage: counted, countedAt: countedAt)
                throw limits.refusal(of: added, over: counted)
            }
            state.accounts[tenant] = Account(usage: counted + added, countedAt: countedAt)
        }
    }

    /// What a tenant has, counted now, and what it may have.
    package func report(of tenant: Tenant) async throws -> (usage: TenantUsage, limits: TenantLimits) {
        let usage = try await store.read { [counters] db in try Self.count(tenant, counters, in: db) }
        return (usage, limits(of: tenant) ?? TenantLimits())
    }

    /// Sets the limits of a tenant in place of those that it had.
    /// - Throws: ``HearthError`` `conflict` when as many tenants have limits as there may be.
    package func set(_ limits: TenantLimits, for tenant: Tenant) async throws {
        let table = table
        try await store.write { db in try table.set(limits, for: tenant, in: db) }
        try await refresh()
    }

    /// Reads the limits again: another process may have changed them.
    package func refresh() async throws {
        let table = table
        let limits = try await store.read { db in try table.all(in: db) }
        state.withLock { $0.limits = limits }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while (try? await Task.sleep(for: Limits.keyRefresh)) != nil {
                do {
                    try await refresh()
                } catch {
                    logger.warning(
                        "The limits of tenants could not be read; those that are known still hold",
                        metadata: ["error": "\(error)"])
                }
            }
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

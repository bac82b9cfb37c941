package import Logging
import ServiceLifecycle

/// What a tenant may hold at once, beyond rates and jobs.
package enum Quota: String, Sendable, CaseIterable {
    case storedBytes = "stored_bytes"
    case records

    /// What the limits of a tenant say; nil: no limit.
    func limit(in limits: TenantLimits) -> Int64? {
        switch self {
        case .storedBytes: limits.storedBytes
        case .records: limits.records
        }
    }
}

/// Holds tenants to their quotas. Only tenants that have one are counted: by a query now and then, and in memory in
/// between, so that a check costs a look into memory.
///
/// What is removed counts until the next query; several fronts may overstep a quota by what each of them adds within
/// one interval.
package final class TenantQuotas: Service {
    /// What a tenant has of something, by the rows.
    package typealias Counter = @Sendable (Tenant, any SQLConnection) throws -> Int64

    private struct Account: Hashable {
        let tenant: Tenant
        let quota: Quota
    }

    private let store: any Store
    private let limits: @Sendable (Tenant) -> TenantLimits
    private let limited: @Sendable () -> [Tenant]
    private let counters: [(quota: Quota, count: Counter)]
    private let logger: Logger
    private let used = Locked<[Account: Int64]>([:])

    /// - Parameters:
    ///   - keyring: knows the limits of tenants.
    ///   - counters: the parts that hold something; what several count for one quota is added up.
    package init(store: any Store, keyring: Keyring, counters: [(quota: Quota, count: Counter)], logger: Logger) {
        self.store = store
        limits = { keyring.limits(of: $0) }
        limited = { keyring.limitedTenants }
        self.counters = counters
        self.logger = logger
    }

    /// Takes from a quota what a caller is about to add.
    /// - Throws: ``HearthError`` `quota_exceeded`; nothing is taken then.
    package func take(_ amount: Int, of quota: Quota, for tenant: Tenant) async throws {
        guard let limit = quota.limit(in: limits(tenant)) else { return }
        let account = Account(tenant: tenant, quota: quota)
        if used.withLock({ $0[account] }) == nil { try await count([tenant]) }
        let refused = used.withLock { used -> Int64? in
            let now = used[account] ?? 0
            guard now + Int64(amount) > limit else {
                used[account] = now + Int64(amount)
                return nil
            }
            return now
        }
        guard let refused else { return }
        throw HearthError(
            .quotaExceeded, "The tenant has \(refused) of \(limit) \(quota.rawValue), and this would add \(amount).",
            hint: "Delete something, or ask whoever operates the server for more.")
    }

    /// Counts what tenants with quotas have.
    package func refresh() async throws { try await count(limited()) }

    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while (try? await Task.sleep(for: Limits.quotaRefresh)) != nil {
                do {
                    try await refresh()
                } catch {
                    logger.warning("Quotas could not be counted", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    private func count(_ tenants: [Tenant]) async throws {
        guard !tenants.isEmpty else { return }
        let (counters, limits) = (counters, limits)
        let counted = try await store.read { db in
            var counted: [Account: Int64] = [:]
            for tenant in tenants {
                for counter in counters where counter.quota.limit(in: limits(tenant)) != nil {
                    counted[Account(tenant: tenant, quota: counter.quota), default: 0] += try counter.count(tenant, db)
                }
            }
            return counted
        }
        used.withLock { $0.merge(counted) { _, counted in counted } }
    }
}

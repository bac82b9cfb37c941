/// The rows of limits that operators have set for tenants.
package struct TenantLimitTable: Sendable {
    package init() {}

    /// Sets the limits of a tenant in place of those that it had; a tenant without limits has no row.
    /// - Throws: ``HearthError`` `conflict` when as many tenants have limits as there may be.
    func set(_ limits: TenantLimits, for tenant: Tenant, in db: any SQLConnection) throws {
        try db.execute("DELETE FROM tenant_limits WHERE tenant = \(tenant)")
        guard !limits.isEmpty else { return }
        let count = try db.value("SELECT COUNT(*) FROM tenant_limits", as: Int.self) ?? 0
        guard count < Limits.limitedTenants else {
            throw HearthError(
                .conflict, "\(Limits.limitedTenants) tenants have limits, which is the most.",
                hint: "Take away the limits of another tenant.")
        }
        try db.execute(
            """
            INSERT INTO tenant_limits (tenant, unfinished_jobs, stored_bytes, records)
            VALUES (\(tenant), \(limits.unfinishedJobs), \(limits.storedBytes), \(limits.records))
            """)
    }

    /// The limits of every tenant that has some.
    func all(in db: any SQLConnection) throws -> [Tenant: TenantLimits] {
        let rows = try db.rows("SELECT tenant, unfinished_jobs, stored_bytes, records FROM tenant_limits") { row in
            (
                try row.next(Tenant.self),
                TenantLimits(
                    unfinishedJobs: try row.next(Int64?.self), storedBytes: try row.next(Int64?.self),
                    records: try row.next(Int64?.self))
            )
        }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }
}

extension TenantLimitTable {
    /// What tenants may have.
    package static let migrations = [
        Migration(11, "limits of tenants") { _ in
            [
                """
                CREATE TABLE tenant_limits (
                  tenant TEXT PRIMARY KEY,
                  unfinished_jobs BIGINT CHECK (unfinished_jobs >= 0),
                  stored_bytes BIGINT CHECK (stored_bytes >= 0),
                  records BIGINT CHECK (records >= 0)
                )
                """
            ]
        }
    ]
}

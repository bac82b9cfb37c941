import HearthJSON

/// The operations on what tenants have and may have.
package struct TenantOperations: Sendable {
    private let quotas: TenantQuotas

    package init(quotas: TenantQuotas) {
        self.quotas = quotas
    }

    /// The operations, for a registry.
    package func all() -> [Operation] {
        [
            Operation(
                .init(
                    "tenants.usage", "Show what a tenant has, and what it may have.",
                    description: """
                        Counts the unfinished jobs, the bytes of files and the records of the caller's tenant. An \
                        administrator of the tenant `local` may name another one.
                        """,
                    permission: .read, hints: .reads, routes: [Route(.get, "/api/usage")]),
                input: ShowUsage.self, output: Report.self, run: usage),
            Operation(
                .init(
                    "tenants.limit", "Set what a tenant may have.",
                    description: """
                        The limits that are given take the place of those that the tenant had; what is not given \
                        is not limited. A lower limit deletes nothing: it refuses what would be added. Every process \
                        applies it within a second.
                        """,
                    permission: .operate, hints: .replaces,
                    routes: [Route(.put, "/api/tenants/{tenant}/limits")]),
                input: SetLimits.self, output: Report.self, run: limit),
        ]
    }

    private func usage(_ input: ShowUsage, _ context: OperationContext) async throws -> Report {
        guard let name = input.tenant else { return try await report(of: context.tenant) }
        let tenant = try Tenant(checking: name)
        guard tenant == context.tenant || context.principal.permission >= .operate else {
            throw HearthError(
                .forbidden, "This key sees its own tenant only.",
                hint: "Leave out `tenant`, or ask an administrator of the tenant `local`.")
        }
        return try await report(of: tenant)
    }

    private func limit(_ input: SetLimits, _ context: OperationContext) async throws -> Report {
        let tenant = try Tenant(checking: input.tenant)
        try await quotas.set(
            TenantLimits(
                unfinishedJobs: input.unfinishedJobs, storedBytes: input.storedBytes, records: input.records),
            for: tenant)
        return try await report(of: tenant)
    }

    private func report(of tenant: Tenant) async throws -> Report {
        let (usage, limits) = try await quotas.report(of: tenant)
        return Report(tenant: tenant, usage: usage, limits: limits)
    }
}

extension TenantOperations {
    /// What a tenant has, and what it may have; a limit that is absent is none.
    package struct Report: Sendable, Codable {
        package var tenant: Tenant
        package var usage: TenantUsage
        package var limits: TenantLimits
    }

    /// Input of `tenants.usage`.
    struct ShowUsage: Sendable, Codable, SchemaDescribed {
        var tenant: String?

        static let fields = ["tenant": FieldNote("Another tenant than the caller's own.", schema: Tenant.schema)]
    }

    /// Input of `tenants.limit`.
    struct SetLimits: Sendable, Codable, SchemaDescribed {
        var tenant: String
        var unfinishedJobs: Int64?
        var storedBytes: Int64?
        var records: Int64?

        static let fields = TenantLimits.fields.merging(
            ["tenant": FieldNote("Whose limits they are.", example: "shop", schema: Tenant.schema)]) { field, _ in field
            }
    }
}

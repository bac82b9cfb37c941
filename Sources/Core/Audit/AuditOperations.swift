import HearthJSON

/// The operations on the audit log, for administrators. It is only read: entries are added by what they are about.
package struct AuditOperations: Sendable {
    private let store: any Store
    private let log: AuditLog

    package init(store: any Store, clock: any WallClock) {
        self.store = store
        log = AuditLog(clock: clock)
    }

    /// The operations, for a registry.
    package func all() -> [Operation] {
        [
            Operation(
                .init(
                    "audit.list", "List what was done and refused, newest first.",
                    description: """
                        Answers the entries of the caller's tenant; an administrator of the tenant `local` sees those \
                        of all tenants. Entries name things by identifiers only, and are never removed.
                        """,
                    permission: .admin, hints: .reads, routes: [Route(.get, "/api/audit")]),
                input: ListAudit.self, output: Page<AuditEntry>.self, run: list),
            Operation(
                .init(
                    "audit.verify", "Prove that no entry of the audit log was changed, removed or moved.",
                    description: """
                        Computes the chain of hashes again, over the entries of all tenants. `head` is the number and \
                        the hash of an entry that were written down earlier: the entry must still be there.
                        """,
                    permission: .operate, hints: .reads, routes: [Route(.get, "/api/audit/verify")]),
                input: VerifyAudit.self, output: AuditReport.self, run: verify),
        ]
    }

    private func list(_ input: ListAudit, _ context: OperationContext) async throws -> Page<AuditEntry> {
        let number = try input.cursor.map { cursor throws(HearthError) in
            guard let number = Int64(cursor), number > 0 else {
                throw HearthError(
                    .invalidRequest, "`cursor` is not one of ours.", hint: "Pass `next_cursor` of the page before.")
            }
            return number
        }
        let tenant = try tenant(input.tenant, for: context.principal)
        let limit = input.limit ?? Limits.defaultPageSize
        let (log, action, subject) = (log, input.action, input.subject)
        let rows = try await store.read { db in
            try log.list(
                of: tenant, action: action, subject: subject, before: number ?? .max, limit: limit + 1, in: db)
        }
        return Page(rows: rows, limit: limit) { String($0.number) }
    }

    private func verify(_ input: VerifyAudit, _ context: OperationContext) async throws -> AuditReport {
        let known = try input.head.map { head throws(HearthError) in try AuditHead(head) }
        let log = log
        return try await store.scan { db in try log.verify(from: known, in: db) }
    }

    /// Whose entries a caller sees; nil: every tenant's.
    private func tenant(_ name: String?, for principal: Principal) throws(HearthError) -> Tenant? {
        let isOperator = principal.permission >= .operate
        guard let name else { return isOperator ? nil : principal.tenant }
        let tenant = try Tenant(checking: name)
        guard isOperator || tenant == principal.tenant else {
            throw HearthError(
                .forbidden, "This key sees its own tenant only.",
                hint: "Leave out `tenant`, or ask an administrator of the tenant `local`.")
        }
        return tenant
    }
}

extension AuditOperations {
    /// Input of `audit.list`.
    struct ListAudit: Sendable, Codable, SchemaDescribed {
        var action: String?
        var subject: String?
        var tenant: String?
        var cursor: String?
        var limit: Int?

        static let fields = [
            "action": FieldNote(
                "Only entries of this action, or of all whose names begin with it: `faces` for `faces.users.delete`."),
            "subject": FieldNote("Only entries about the thing with this identifier."),
            "tenant": FieldNote("Only entries of this tenant.", schema: Tenant.schema),
            "cursor": FieldNote("`next_cursor` of the page before; absent for the first page."),
            "limit": FieldNote(
                "Entries of a page; \(Limits.defaultPageSize) when absent.", minimum: 1,
                maximum: Double(Limits.pageSize)),
        ]
    }

    /// Input of `audit.verify`.
    struct VerifyAudit: Sendable, Codable, SchemaDescribed {
        var head: String?

        static let fields = [
            "head": FieldNote("`head` of an earlier verification.", maxLength: 100, example: "1042:9f86d081884c7d65…")
        ]
    }
}

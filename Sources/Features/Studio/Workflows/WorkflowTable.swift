package import HearthCore
import HearthJSON
package import HearthWorkflows

import struct Foundation.Data

/// The rows of workflows that tenants have added. A workflow does not change under its name: recipes name it.
package struct WorkflowTable: Sendable {
    /// The table; it holds nothing.
    package init() {}

    /// Of its tables, by their numbers in the whole database.
    package static let migrations = [
        Migration(28, "workflows") { _ in
            [
                """
                CREATE TABLE workflows (
                  tenant TEXT NOT NULL,
                  name TEXT NOT NULL,
                  document TEXT NOT NULL,
                  created_at BIGINT NOT NULL,
                  PRIMARY KEY (tenant, name)
                )
                """
            ]
        }
    ]

    /// What a tenant has.
    package static func usage(of tenant: Tenant, in db: any SQLConnection) throws -> TenantUsage {
        try db.row(
            """
            SELECT CAST(COALESCE(SUM(\(verbatim: db.dialect.bytes(of: "document"))), 0) AS BIGINT), COUNT(*)
            FROM workflows WHERE tenant = \(tenant)
            """
        ) { row in TenantUsage(storedBytes: try row.next(), records: try row.next()) } ?? TenantUsage()
    }

    /// Those that the tenant has added, by name.
    func all(of tenant: Tenant, in db: any SQLConnection) throws -> [(workflow: Workflow, createdAt: Int64)] {
        try db.rows("SELECT document, created_at FROM workflows WHERE tenant = \(tenant) ORDER BY name") { row in
            (try Self.workflow(row.next()), try row.next())
        }
    }

    /// - Returns: nil when the tenant has added none of this name.
    func find(_ name: String, of tenant: Tenant, in db: any SQLConnection) throws -> Workflow? {
        try db.value(
            "SELECT document FROM workflows WHERE tenant = \(tenant) AND name = \(name)", as: String.self
        ).map(Self.workflow)
    }

    /// - Throws: ``HearthError`` `conflict` when the name is taken; `quota_exceeded`.
    func insert(_ workflow: Workflow, of tenant: Tenant, in db: any SQLConnection, now: Int64) throws {
        let count = try db.value("SELECT COUNT(*) FROM workflows WHERE tenant = \(tenant)", as: Int.self) ?? 0
        guard count < Limits.workflowsOfTenant else {
            throw HearthError(
                .quotaExceeded, "There are \(count) workflows.",
                hint: "At most \(Limits.workflowsOfTenant) can be added; remove one first.")
        }
        do {
            try db.execute(
                """
                INSERT INTO workflows (tenant, name, document, created_at)
                VALUES (\(tenant), \(workflow.id), \(workflow.json.encodedText()), \(now))
                """)
        } catch let error as StoreConstraintError where error.kind == .unique {
            throw Self.taken(workflow.id)
        }
    }

    /// - Throws: ``HearthError`` `not_found`.
    func delete(_ name: String, of tenant: Tenant, in db: any SQLConnection) throws {
        let count = try db.execute("DELETE FROM workflows WHERE tenant = \(tenant) AND name = \(name)")
        guard count > 0 else {
            throw HearthError(.notFound, "There is no workflow `\(name.prefix(64))` that was added.")
        }
    }

    static func taken(_ name: String) -> HearthError {
        HearthError(
            .conflict, "There is a workflow `\(name)` already.",
            hint: "Take another name, or remove that one first: recipes name workflows, so they do not change.")
    }

    private static func workflow(_ document: String) throws -> Workflow {
        do {
            return try Workflow(try JSONParser.parse(Data(document.utf8)))
        } catch {
            throw HearthError(.internalError, "A workflow of the database cannot be read.", cause: error)
        }
    }
}

/// The workflows that come with Hearth and those that tenants have added.
package struct StoredWorkflows: WorkflowSource {
    private let store: any Store

    /// Workflows of all tenants in a store.
    package init(store: any Store) { self.store = store }

    /// One that comes with Hearth, or that the tenant has added.
    /// - Throws: ``HearthError`` `not_found`.
    package func workflow(_ id: String, of tenant: Tenant) async throws -> Workflow {
        try await store.read { db in try Self.require(id, of: tenant, in: db) }
    }

    /// A workflow that a request names.
    /// - Throws: ``HearthError`` `not_found`.
    package static func require(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> Workflow {
        try WorkflowTable().find(id, of: tenant, in: db) ?? BuiltInWorkflows.require(id)
    }
}

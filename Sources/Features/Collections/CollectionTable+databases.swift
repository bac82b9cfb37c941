package import HearthCore
import HearthVectorStore

/// A name space of collections.
package struct CollectionDatabase: Sendable {
    /// Identifier of the name space.
    package let id: String
    /// Unique in its tenant.
    package let name: String
}

extension CollectionTable {
    /// The name spaces that tenants have made; the default one needs no row.
    package static let databaseMigrations = [
        Migration(7, "collection databases") { _ in
            [
                """
                CREATE TABLE collection_databases (
                  tenant TEXT NOT NULL,
                  name TEXT NOT NULL,
                  id TEXT NOT NULL,
                  created_at BIGINT NOT NULL,
                  PRIMARY KEY (tenant, name)
                )
                """
            ]
        }
    ]

    /// - Throws: ``HearthError`` `conflict` when there is one of this name, or too many.
    package func makeDatabase(_ name: String, of tenant: Tenant, in db: any SQLConnection, now: Int64) throws {
        guard try database(name, of: tenant, in: db) == nil else {
            throw HearthError(.conflict, "There is a database named \"\(name)\" already.")
        }
        guard try databases(of: tenant, in: db).count < Limits.collectionDatabases else {
            throw HearthError(.conflict, "There are \(Limits.collectionDatabases) databases.")
        }
        try db.execute(
            """
            INSERT INTO collection_databases (tenant, name, id, created_at)
            VALUES (\(tenant), \(name), \(Identifier.make()), \(now))
            """)
    }

    /// The tenant's database of this name; nil when there is none.
    package func database(_ name: String, of tenant: Tenant, in db: any SQLConnection) throws -> CollectionDatabase? {
        try db.row("SELECT id, name FROM collection_databases WHERE tenant = \(tenant) AND name = \(name)") { row in
            CollectionDatabase(id: try row.next(), name: try row.next())
        }
    }

    /// By name.
    package func databases(of tenant: Tenant, in db: any SQLConnection) throws -> [CollectionDatabase] {
        try db.rows("SELECT id, name FROM collection_databases WHERE tenant = \(tenant) ORDER BY name") { row in
            CollectionDatabase(id: try row.next(), name: try row.next())
        }
    }

    /// Removes some of the collections of a name space, and the name space with the last of them.
    /// - Returns: whether it is gone.
    package func deleteDatabase(
        _ name: String, of tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws -> Bool {
        // "0" follows "/": all names that begin with `name/`.
        let count = try remove(namesBetween: "\(name)/", and: "\(name)0", of: tenant, in: db, now: now)
        guard count < Limits.stepItems else { return false }
        try db.execute("DELETE FROM collection_databases WHERE tenant = \(tenant) AND name = \(name)")
        return true
    }
}

extension CollectionTable {
    /// Names of a tenant's collections in a name space, in order.
    /// - Parameter prefix: the name space with a slash; empty for the default one, whose names have no slash.
    package func names(startingWith prefix: String, of tenant: Tenant, in db: any SQLConnection) throws -> [String] {
        let condition: SQL =
            prefix.isEmpty ? "name IS NOT NULL" : "name > \(prefix) AND name < \(prefix.dropLast() + "0")"
        let names = try db.values(
            "SELECT name FROM collections WHERE tenant = \(tenant) AND \(condition) ORDER BY name", as: String.self)
        return names.filter { !prefix.isEmpty || !$0.contains("/") }
    }
}

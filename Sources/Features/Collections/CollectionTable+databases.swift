package import HearthCore
import HearthVectorStore

/// A name space of collections.
package struct CollectionDatabase: Sendable {
    package let id: String
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
            "INSERT INTO collection_databases (tenant, name, id, created_at) VALUES (?, ?, ?, ?)",
            [.text(tenant.rawValue), .text(name), .text(Identifier.make()), .integer(now)])
    }

    package func database(_ name: String, of tenant: Tenant, in db: any SQLConnection) throws -> CollectionDatabase? {
        try db.first(
            "SELECT id, name FROM collection_databases WHERE tenant = ? AND name = ?",
            [.text(tenant.rawValue), .text(name)]
        ).map { CollectionDatabase(id: try $0.text("id"), name: try $0.text("name")) }
    }

    /// By name.
    package func databases(of tenant: Tenant, in db: any SQLConnection) throws -> [CollectionDatabase] {
        try db.query(
            "SELECT id, name FROM collection_databases WHERE tenant = ? ORDER BY name", [.text(tenant.rawValue)]
        ).map { CollectionDatabase(id: try $0.text("id"), name: try $0.text("name")) }
    }

    /// Removes a name space with its collections.
    package func deleteDatabase(_ name: String, of tenant: Tenant, in db: any SQLConnection) throws {
        // "0" follows "/": all names that begin with `name/`.
        try db.execute(
            "DELETE FROM collections WHERE tenant = ? AND name > ? AND name < ?",
            [.text(tenant.rawValue), .text("\(name)/"), .text("\(name)0")])
        try db.execute(
            "DELETE FROM collection_databases WHERE tenant = ? AND name = ?", [.text(tenant.rawValue), .text(name)])
    }
}

extension CollectionTable {
    /// Names of a tenant's collections in a name space, in order.
    /// - Parameter prefix: the name space with a slash; empty for the default one, whose names have no slash.
    package func names(startingWith prefix: String, of tenant: Tenant, in db: any SQLConnection) throws -> [String] {
        let names =
            prefix.isEmpty
            ? try db.query(
                "SELECT name FROM collections WHERE tenant = ? AND name IS NOT NULL ORDER BY name",
                [.text(tenant.rawValue)])
            : try db.query(
                "SELECT name FROM collections WHERE tenant = ? AND name > ? AND name < ? ORDER BY name",
                [.text(tenant.rawValue), .text(prefix), .text(prefix.dropLast() + "0")])
        return try names.map { try $0.text("name") }.filter { !prefix.isEmpty || !$0.contains("/") }
    }
}

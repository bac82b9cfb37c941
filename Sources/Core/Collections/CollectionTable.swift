import Foundation

/// The SQL of vectors: rows are the truth, the resident matrices are derived from them.
///
/// Each change of a collection raises its `version` in the same transaction, under the lock of the collection's row, so
/// that a reader that has seen version N needs only what came after it.
package struct CollectionTable: Sendable {
    package init() {}

    package static let migrations = [
        Migration(2, "collections") { dialect in
            [
                """
                CREATE TABLE collections (
                  id TEXT PRIMARY KEY,
                  tenant TEXT NOT NULL,
                  scope TEXT NOT NULL,
                  model_id TEXT NOT NULL,
                  model_digest TEXT NOT NULL,
                  dims BIGINT NOT NULL CHECK (dims > 0),
                  version BIGINT NOT NULL,
                  removed_version BIGINT NOT NULL,
                  UNIQUE (tenant, scope, model_digest)
                )
                """,
                """
                CREATE TABLE embeddings (
                  collection_id TEXT NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
                  item_id TEXT NOT NULL,
                  group_id TEXT NOT NULL,
                  vector \(dialect.blob) NOT NULL,
                  precision_hint TEXT NOT NULL,
                  version BIGINT NOT NULL,
                  created_at BIGINT NOT NULL,
                  PRIMARY KEY (collection_id, item_id)
                )
                """,
                "CREATE INDEX embeddings_version ON embeddings (collection_id, version)",
                "CREATE INDEX embeddings_item ON embeddings (item_id)",
            ]
        }
    ]

    /// A collection as its row says it is.
    package struct Collection: Sendable {
        package let id: String
        package let scope: String
        package let model: ModelIdentity
        package let version: Int64
        /// The version of the newest removal: a reader older than it must load anew.
        package let removedVersion: Int64
    }

    /// A stored vector.
    package struct Entry: Sendable {
        package let item: String
        package let group: String
        package let vector: [Float]
    }

    /// Adds or replaces the vector of an item; makes the collection when it is the first one.
    package func upsert(
        item: String, group: String, vector: [Float], space: VectorSpace, precision: String,
        in db: any SQLConnection, now: Int64
    ) throws {
        guard vector.count == space.dims, vector.allSatisfy(\.isFinite) else {
            throw HearthError(.internalError, "The model returned a vector of the wrong form.")
        }
        let (id, version) = try touch(space, in: db)
        try db.execute(
            """
            INSERT INTO embeddings (collection_id, item_id, group_id, vector, precision_hint, version, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (collection_id, item_id) DO UPDATE SET group_id = excluded.group_id,
              vector = excluded.vector, precision_hint = excluded.precision_hint, version = excluded.version
            """,
            [
                .text(id), .text(item), .text(group), .blob(Data(littleEndian: vector)), .text(precision),
                .integer(version), .integer(now),
            ])
    }

    /// Removes items from every collection that holds them.
    package func remove(items: [String], in db: any SQLConnection) throws {
        for item in items {
            try db.execute(
                """
                UPDATE collections SET version = version + 1, removed_version = version + 1
                WHERE id IN (SELECT collection_id FROM embeddings WHERE item_id = ?)
                """, [.text(item)])
            try db.execute("DELETE FROM embeddings WHERE item_id = ?", [.text(item)])
        }
    }

    /// Removes a scope with all its collections.
    package func remove(scope: String, of tenant: Tenant, in db: any SQLConnection) throws {
        try db.execute(
            "DELETE FROM collections WHERE tenant = ? AND scope = ?", [.text(tenant.rawValue), .text(scope)])
    }

    /// The collections of a tenant made by one revision of a model; of one scope when given.
    package func collections(
        of tenant: Tenant, scope: String?, modelDigest: String, in db: any SQLConnection
    ) throws -> [Collection] {
        var arguments: [SQLValue] = [.text(tenant.rawValue), .text(modelDigest)]
        if let scope { arguments.append(.text(scope)) }
        return try db.query(
            """
            SELECT * FROM collections WHERE tenant = ? AND model_digest = ?\(scope == nil ? "" : " AND scope = ?")
            ORDER BY id
            """, arguments
        ).map { try Self.collection($0, precision: "") }
    }

    /// The newest vector of an item, and the model that made it; nil when it has none yet.
    package func vector(
        of item: String, tenant: Tenant, in db: any SQLConnection
    ) throws -> (vector: [Float], model: ModelIdentity)? {
        let row = try db.first(
            """
            SELECT c.*, e.vector AS vector, e.precision_hint AS precision_hint FROM embeddings e
            JOIN collections c ON c.id = e.collection_id
            WHERE e.item_id = ? AND c.tenant = ? ORDER BY e.created_at DESC LIMIT 1
            """, [.text(item), .text(tenant.rawValue)])
        guard let row else { return nil }
        let collection = try Self.collection(row, precision: row.text("precision_hint"))
        return (try row.blob("vector").littleEndianFloats, collection.model)
    }

    /// Vectors of a collection that came after a version.
    package func entries(of collection: String, after version: Int64, in db: any SQLConnection) throws -> [Entry] {
        try db.query(
            "SELECT item_id, group_id, vector FROM embeddings WHERE collection_id = ? AND version > ?",
            [.text(collection), .integer(version)]
        ).map {
            Entry(
                item: try $0.text("item_id"), group: try $0.text("group_id"),
                vector: try $0.blob("vector").littleEndianFloats)
        }
    }

    /// Raises the version of a collection, making it when there is none.
    private func touch(_ space: VectorSpace, in db: any SQLConnection) throws -> (id: String, version: Int64) {
        let row = try db.first(
            """
            INSERT INTO collections (id, tenant, scope, model_id, model_digest, dims, version, removed_version)
            VALUES (?, ?, ?, ?, ?, ?, 1, 0)
            ON CONFLICT (tenant, scope, model_digest) DO UPDATE SET version = collections.version + 1
            RETURNING id, version
            """,
            [
                .text(Identifier.make()), .text(space.tenant.rawValue), .text(space.scope), .text(space.modelID),
                .text(space.modelDigest), .int(space.dims),
            ])
        guard let row else { throw HearthError(.internalError, "A collection could not be made.") }
        return (try row.text("id"), try row.integer("version"))
    }

    private static func collection(_ row: SQLRow, precision: String) throws -> Collection {
        Collection(
            id: try row.text("id"), scope: try row.text("scope"),
            model: ModelIdentity(
                id: try row.text("model_id"), digest: try row.text("model_digest"),
                dims: Int(try row.integer("dims")), precision: precision),
            version: try row.integer("version"), removedVersion: try row.integer("removed_version"))
    }
}

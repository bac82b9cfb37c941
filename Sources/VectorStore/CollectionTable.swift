import Foundation
package import HearthCore
package import HearthVectors

/// The SQL of vectors: rows are the truth, the resident matrices and the scan files are derived from them.
///
/// Each change of a collection raises its `version` in the same transaction, under the lock of the collection's row, so
/// that a reader that has seen version N needs only what came after it: the rows that are newer, and the removals that
/// are remembered.
///
/// A collection belongs to a feature (`name` is null, one a space) or to the tenant (`name` is set). What is asked
/// about items without naming a collection is about those of features, whose ids the server has made.
package struct CollectionTable: Sendable {
    /// The keys of sealed collections; nil where none are read or written.
    let seals: SealKeys?

    /// The SQL has no state of its own.
    /// - Parameter seals: for what reads or writes sealed collections.
    package init(seals: SealKeys? = nil) { self.seals = seals }

    /// A collection as its row says it is.
    package struct Collection: Sendable {
        /// Identifier, by which records and files name it.
        package let id: String
        /// Whose it is.
        package let tenant: Tenant
        /// What it is for; part of what makes it unique.
        package let scope: String
        /// What the tenant calls it; nil for a feature's own.
        package let name: String?
        /// Its `dims` are 0 until the length of the vectors is known.
        package let model: ModelIdentity
        /// How its vectors are compared.
        package let metric: VectorMetric
        /// A JSON object of the client's own, stored with the collection.
        package let settings: String?
        /// Grows with each change of its records.
        package let version: Int64
        /// The version of the newest removal.
        package let removedVersion: Int64
        /// Removals up to this version are forgotten: a reader older than it must load the whole collection.
        package let prunedVersion: Int64
        /// The scope whose key seals its rows and its file; nil: they are not sealed.
        package let seal: String?
    }

    /// Adds or replaces the vector of an item; makes the collection when it is the first one.
    /// - Throws: ``HearthError`` `conflict` when the collection's vectors are of another length.
    package func upsert(
        item: String, owner: String, vector: [Float], space: VectorSpace, precision: String,
        attributes: [String: AttributeValue] = [:], in db: any SQLConnection, now: Int64
    ) throws {
        guard vector.count == space.dims, vector.allSatisfy(\.isFinite) else {
            throw HearthError(.internalError, "The model returned a vector of the wrong form.")
        }
        let (id, version) = try touch(space, in: db)
        let record = Record(item: item, owner: owner, vector: vector, attributes: attributes)
        let seal = try writing(id, scope: space.seal, of: space.tenant, in: db)
        try write(record, into: id, version: version, precision: precision, seal: seal, in: db, now: now)
    }

    /// Writes one row of a collection whose version has been raised.
    func write(
        _ record: Record, into id: String, version: Int64, precision: String, seal: RowSeal,
        in db: any SQLConnection, now: Int64
    ) throws {
        let place = RowSeal.Place(item: record.item, owner: record.owner)
        try db.execute(
            """
            INSERT INTO embeddings (collection_id, item_id, owner_id, vector, precision_hint, version, created_at,
              attributes, payload, document)
            VALUES (\(id), \(record.item), \(record.owner), \(try seal.stored(record.vector, at: place)), \(precision),
              \(version), \(now), \(try seal.stored(record.attributes, at: place)),
              \(try seal.stored(payload: record.payload, at: place)),
              \(try seal.stored(document: record.document, at: place)))
            ON CONFLICT (collection_id, item_id) DO UPDATE SET owner_id = excluded.owner_id,
              vector = excluded.vector, precision_hint = excluded.precision_hint, version = excluded.version,
              attributes = excluded.attributes, payload = excluded.payload, document = excluded.document
            """)
    }

    /// Removes items from every collection of a feature that holds them.
    package func remove(items: [String], in db: any SQLConnection) throws {
        for holder in try holders(of: items, in: db) {
            try delete(items: holder.items, from: holder.collection, in: db)
        }
    }

    /// The features' collections that hold some of these items, and which, in one order everywhere, so that two callers
    /// never wait for each other.
    private func holders(
        of items: [String], in db: any SQLConnection
    ) throws -> [(collection: String, seal: String?, items: [String])] {
        var held: [String: (seal: String?, items: [String])] = [:]
        for start in stride(from: 0, to: items.count, by: Limits.itemsOfStatement) {
            let part = items[start..<min(start + Limits.itemsOfStatement, items.count)]
            let rows = try db.rows(
                """
                SELECT e.collection_id, c.seal, e.item_id FROM embeddings e JOIN collections c ON c.id = e.collection_id
                WHERE c.name IS NULL AND c.deleting_since IS NULL AND e.item_id IN \(list: part)
                """
            ) { row in
                (
                    collection: try row.next(String.self), seal: try row.next(String?.self),
                    item: try row.next(String.self)
                )
            }
            for row in rows { held[row.collection, default: (row.seal, [])].items.append(row.item) }
        }
        return held.sorted { $0.key < $1.key }.map { ($0.key, $0.value.seal, $0.value.items) }
    }

    /// Changes what the vectors of features' items belong to or are filtered by; the vectors themselves stay.
    /// - Parameters:
    ///   - owner: nil: it stays.
    ///   - attributes: nil: they stay.
    package func change(
        items: [String], owner: String? = nil, attributes: [String: AttributeValue]? = nil, in db: any SQLConnection
    ) throws {
        let newOwner: SQL = if let owner { "owner_id = \(owner), " } else { "" }
        let newAttributes: SQL =
            if let attributes { "attributes = \(AttributeText.encode(attributes)), " } else { "" }
        for (collection, seal, items) in try holders(of: items, in: db) {
            let version = try db.value(
                "UPDATE collections SET version = version + 1 WHERE id = \(collection) RETURNING version",
                as: Int64.self)
            for item in items {
                if let seal {
                    try change(
                        item, ofSealed: collection, scope: seal, owner: owner, attributes: attributes,
                        version: version, in: db)
                    continue
                }
                try db.execute(
                    """
                    UPDATE embeddings SET \(newOwner)\(newAttributes)version = \(version)
                    WHERE collection_id = \(collection) AND item_id = \(item)
                    """)
            }
        }
    }

    /// The features' collections of a tenant made by one revision of a model; of one scope when given, else of all
    /// scopes that are a project's: a slash is in those that a feature has for itself.
    package func collections(
        of tenant: Tenant, scope: String?, modelDigest: String, in db: any SQLConnection
    ) throws -> [Collection] {
        let condition: SQL = if let scope { "c.scope = \(scope)" } else { "c.scope NOT LIKE '%/%'" }
        return try db.rows(
            """
            SELECT \(Collection.columns) FROM collections c
            WHERE c.tenant = \(tenant) AND c.model_digest = \(modelDigest) AND c.name IS NULL
              AND c.deleting_since IS NULL AND \(condition)
            ORDER BY c.id
            """, as: Collection.self)
    }

    /// The newest vector of a feature's item, and the model that made it; nil when it has none yet.
    package func vector(
        of item: String, tenant: Tenant, in db: any SQLConnection
    ) throws -> (vector: [Float], model: ModelIdentity)? {
        try db.row(
            """
            SELECT e.vector, e.owner_id, c.id, c.seal, c.model_id, c.model_digest, c.dims, e.precision_hint
            FROM embeddings e
            JOIN collections c ON c.id = e.collection_id
            WHERE e.item_id = \(item) AND c.tenant = \(tenant) AND c.name IS NULL AND c.deleting_since IS NULL
            ORDER BY e.created_at DESC LIMIT 1
            """
        ) { row in
            let stored = try row.next(Data.self)
            let place = RowSeal.Place(item: item, owner: try row.next())
            let seal = try reading(try row.next(), scope: try row.next(), in: db)
            return (
                try seal.vector(stored, at: place),
                ModelIdentity(
                    id: try row.next(), digest: try row.next(), dims: try row.next(), precision: try row.next())
            )
        }
    }

    /// Raises the version of a collection, making it when there is none.
    private func touch(_ space: VectorSpace, in db: any SQLConnection) throws -> (id: String, version: Int64) {
        let touched = try db.row(
            """
            INSERT INTO collections (id, tenant, scope, model_id, model_digest, dims, version, removed_version, seal)
            VALUES (\(Identifier.make()), \(space.tenant), \(space.scope), \(space.modelID), \(space.modelDigest),
              \(space.dims), 1, 0, \(space.seal))
            ON CONFLICT (tenant, scope, model_digest) DO UPDATE SET version = collections.version + 1
            RETURNING id, version, dims, seal
            """
        ) { row in
            (
                id: try row.next(String.self), version: try row.next(Int64.self), dims: try row.next(Int.self),
                seal: try row.next(String?.self)
            )
        }
        guard let touched else { throw HearthError(.internalError, "A collection could not be made.") }
        guard touched.dims == space.dims else {
            throw HearthError(.conflict, "The collection's vectors have another length than the model's.")
        }
        guard touched.seal == space.seal else {
            throw HearthError(.internalError, "The collection is sealed otherwise than this vector is to be.")
        }
        return (touched.id, touched.version)
    }
}

extension VectorMetric: SQLColumn {}

extension CollectionTable.Collection: SQLDecodable {
    /// Of a table `collections c`.
    static let columns: SQL = """
        c.id, c.tenant, c.scope, c.name, c.model_id, c.model_digest, c.is_sized, c.dims, c.metric, c.settings, c.version,
          c.removed_version, c.pruned_version, c.seal
        """

    /// Reads a row of ``columns``.
    package init(row: inout SQLRow) throws {
        id = try row.next()
        tenant = try row.next()
        scope = try row.next()
        name = try row.next()
        let (modelID, digest, isSized, dims) = (
            try row.next(String.self), try row.next(String.self), try row.next(Bool.self), try row.next(Int.self)
        )
        model = ModelIdentity(id: modelID, digest: digest, dims: isSized ? dims : 0, precision: "")
        metric = try row.next()
        settings = try row.next()
        version = try row.next()
        removedVersion = try row.next()
        prunedVersion = try row.next()
        seal = try row.next()
    }
}

extension CollectionTable {
    /// Makes a named collection.
    /// - Parameters:
    ///   - model: the model that makes its vectors; nil when the tenant brings them.
    ///   - dims: nil when the first vector is to decide.
    ///   - settings: a JSON object.
    /// - Throws: ``HearthError`` `conflict` when the tenant has one of this name.
    package func make(
        name: String, of tenant: Tenant, metric: VectorMetric, dims: Int?, model: ModelIdentity? = nil,
        settings: String? = nil, in db: any SQLConnection
    ) throws -> Collection {
        guard try collection(named: name, of: tenant, in: db) == nil else {
            throw HearthError(.conflict, "There is a collection named \"\(name)\" already.")
        }
        let id = Identifier.make()
        let dims = dims ?? model?.dims
        // The id is part of the scope: names do not share the features' unique spaces.
        try db.execute(
            """
            INSERT INTO collections (id, tenant, scope, model_id, model_digest, dims, version, removed_version, name,
              metric, settings, is_sized)
            VALUES (\(id), \(tenant), \("named:\(id)"), \(model?.id ?? ""), \(model?.digest ?? ""), \(dims ?? 1), 1, 0,
              \(name), \(metric), \(settings), \(dims != nil))
            """)
        guard let collection = try collection(id: id, of: tenant, in: db) else {
            throw HearthError(.internalError, "A collection could not be made.")
        }
        return collection
    }

    /// The collection that a tenant calls so; nil when there is none.
    package func collection(named name: String, of tenant: Tenant, in db: any SQLConnection) throws -> Collection? {
        try db.row(
            "SELECT \(Collection.columns) FROM collections c WHERE c.tenant = \(tenant) AND c.name = \(name)",
            as: Collection.self)
    }

    /// The named collection with this id; nil when there is none or it is another tenant's.
    package func collection(id: String, of tenant: Tenant, in db: any SQLConnection) throws -> Collection? {
        try db.row(
            """
            SELECT \(Collection.columns) FROM collections c
            WHERE c.id = \(id) AND c.tenant = \(tenant) AND c.name IS NOT NULL
            """, as: Collection.self)
    }

    /// Up to `limit` named collections of a tenant, ordered by name, that come after a name.
    package func named(
        of tenant: Tenant, after name: String? = nil, limit: Int, in db: any SQLConnection
    ) throws -> [Collection] {
        try db.rows(
            """
            SELECT \(Collection.columns) FROM collections c WHERE c.tenant = \(tenant) AND c.name > \(name ?? "")
            ORDER BY c.name LIMIT \(limit)
            """, as: Collection.self)
    }

    /// - Throws: ``HearthError`` `conflict` when the tenant has another collection of this name.
    package func requireFree(_ name: String, for collection: Collection, in db: any SQLConnection) throws {
        let other = try self.collection(named: name, of: collection.tenant, in: db)
        guard other == nil || other?.id == collection.id else {
            throw HearthError(.conflict, "There is a collection named \"\(name)\" already.")
        }
    }

    /// Changes name or settings of a named collection; what is nil stays.
    /// - Throws: ``HearthError`` `conflict` when the tenant has another of this name.
    package func change(
        _ collection: Collection, name: String? = nil, settings: String? = nil, in db: any SQLConnection
    ) throws {
        if let name { try requireFree(name, for: collection, in: db) }
        try db.execute(
            """
            UPDATE collections SET name = COALESCE(\(name), name), settings = COALESCE(\(settings), settings)
            WHERE id = \(collection.id)
            """)
    }
}

extension CollectionTable {
    /// The schema of all collections.
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
        },
        Migration(5, "named collections") { _ in
            [
                "ALTER TABLE collections ADD COLUMN name TEXT",
                "ALTER TABLE collections ADD COLUMN metric TEXT NOT NULL DEFAULT 'cosine'",
                "ALTER TABLE collections ADD COLUMN settings TEXT",
                // 0 until the length of the vectors is known; `dims` is 1 then and means nothing.
                "ALTER TABLE collections ADD COLUMN is_sized BIGINT NOT NULL DEFAULT 1",
                // Removals up to this version are forgotten, …
                "ALTER TABLE collections ADD COLUMN pruned_version BIGINT NOT NULL DEFAULT 0",
                // … and about as many as this are remembered.
                "ALTER TABLE collections ADD COLUMN removals BIGINT NOT NULL DEFAULT 0",
                // The scan file holds nothing that was removed up to this version.
                "ALTER TABLE collections ADD COLUMN erased_version BIGINT NOT NULL DEFAULT 0",
                """
                CREATE INDEX collections_erasure ON collections (id) WHERE removed_version > erased_version
                """,
                "UPDATE collections SET pruned_version = removed_version, erased_version = removed_version",
                "CREATE UNIQUE INDEX collections_name ON collections (tenant, name) WHERE name IS NOT NULL",
                // Readers catch up page by page in this order.
                "DROP INDEX embeddings_version",
                "CREATE INDEX embeddings_order ON embeddings (collection_id, version, item_id)",
                "ALTER TABLE embeddings ADD COLUMN attributes TEXT",
                "ALTER TABLE embeddings ADD COLUMN payload TEXT",
                "ALTER TABLE embeddings ADD COLUMN document TEXT",
                """
                CREATE TABLE removals (
                  collection_id TEXT NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
                  item_id TEXT NOT NULL,
                  version BIGINT NOT NULL,
                  PRIMARY KEY (collection_id, item_id)
                )
                """,
                "CREATE INDEX removals_version ON removals (collection_id, version)",
            ]
        },
        Migration(8, "owners of vectors") { _ in ["ALTER TABLE embeddings RENAME COLUMN group_id TO owner_id"] },
        Migration(18, "collections that are being deleted") { _ in
            [
                "ALTER TABLE collections ADD COLUMN deleting_since BIGINT",
                "CREATE INDEX collections_deleting ON collections (id) WHERE deleting_since IS NOT NULL",
            ]
        },
        Migration(31, "sealed collections") { _ in ["ALTER TABLE collections ADD COLUMN seal TEXT"] },
    ]
}

package import HearthCore
package import HearthVectors

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

    /// Changes name or settings of a named collection; what is nil stays.
    /// - Throws: ``HearthError`` `conflict` when the tenant has another of this name.
    package func change(
        _ collection: Collection, name: String? = nil, settings: String? = nil, in db: any SQLConnection
    ) throws {
        if let name, let other = try self.collection(named: name, of: collection.tenant, in: db),
            other.id != collection.id
        {
            throw HearthError(.conflict, "There is a collection named \"\(name)\" already.")
        }
        try db.execute(
            """
            UPDATE collections SET name = COALESCE(\(name), name), settings = COALESCE(\(settings), settings)
            WHERE id = \(collection.id)
            """)
    }

    /// Removes a collection with all its items.
    package func delete(_ collection: Collection, in db: any SQLConnection) throws {
        try db.execute("DELETE FROM collections WHERE id = \(collection.id)")
    }
}

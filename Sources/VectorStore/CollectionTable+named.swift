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
        let row = try db.first(
            """
            INSERT INTO collections (id, tenant, scope, model_id, model_digest, dims, version, removed_version, name,
              metric, settings, is_sized)
            VALUES (?, ?, ?, ?, ?, ?, 1, 0, ?, ?, ?, ?) RETURNING *
            """,
            [
                .text(id), .text(tenant.rawValue), .text("named:\(id)"), .text(model?.id ?? ""),
                .text(model?.digest ?? ""), .int(dims ?? 1), .text(name), .text(metric.rawValue),
                .optional(settings), .int(dims == nil ? 0 : 1),
            ])
        guard let row else { throw HearthError(.internalError, "A collection could not be made.") }
        return try Self.collection(row)
    }

    /// The collection that a tenant calls so; nil when there is none.
    package func collection(named name: String, of tenant: Tenant, in db: any SQLConnection) throws -> Collection? {
        try db.first(
            "SELECT * FROM collections WHERE tenant = ? AND name = ?", [.text(tenant.rawValue), .text(name)]
        ).map { try Self.collection($0) }
    }

    /// The named collection with this id; nil when there is none or it is another tenant's.
    package func collection(id: String, of tenant: Tenant, in db: any SQLConnection) throws -> Collection? {
        try db.first(
            "SELECT * FROM collections WHERE id = ? AND tenant = ? AND name IS NOT NULL",
            [.text(id), .text(tenant.rawValue)]
        ).map { try Self.collection($0) }
    }

    /// Up to `limit` named collections of a tenant, ordered by name, that come after a name.
    package func named(
        of tenant: Tenant, after name: String? = nil, limit: Int, in db: any SQLConnection
    ) throws -> [Collection] {
        try db.query(
            "SELECT * FROM collections WHERE tenant = ? AND name > ? ORDER BY name LIMIT ?",
            [.text(tenant.rawValue), .text(name ?? ""), .int(limit)]
        ).map { try Self.collection($0) }
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
            "UPDATE collections SET name = COALESCE(?, name), settings = COALESCE(?, settings) WHERE id = ?",
            [.optional(name), .optional(settings), .text(collection.id)])
    }

    /// Removes a collection with all its items.
    package func delete(_ collection: Collection, in db: any SQLConnection) throws {
        try db.execute("DELETE FROM collections WHERE id = ?", [.text(collection.id)])
    }
}

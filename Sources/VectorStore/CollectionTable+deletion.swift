package import HearthCore

/// Deleting a collection: one statement hides it, steps of a bounded size then remove its rows.
///
/// While they do, the row of the collection says `deleting_since`. Nothing finds the collection or its items from then
/// on, its name is free again, and whichever process starts next goes on where the last one stopped.
extension CollectionTable {
    /// Hides a collection for good.
    package func delete(_ collection: Collection, in db: any SQLConnection, now: Int64) throws {
        _ = try hide("id = \(collection.id)", in: db, now: now)
    }

    /// Hides the collections of a scope.
    /// - Parameter digest: those by this revision of a model stay; nil: none does.
    /// - Returns: their identifiers.
    @discardableResult
    package func remove(
        scope: String, of tenant: Tenant, exceptModel digest: String? = nil, in db: any SQLConnection, now: Int64
    ) throws -> [String] {
        try hide(
            "tenant = \(tenant) AND scope = \(scope) AND model_digest <> \(digest ?? "")", in: db, now: now)
    }

    /// Hides named collections of a tenant whose names lie between two others, a bounded number at a time.
    /// - Returns: how many.
    package func remove(
        namesBetween first: String, and last: String, of tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws -> Int {
        try hide(
            """
            id IN (SELECT id FROM collections WHERE tenant = \(tenant) AND name > \(first) AND name < \(last)
              LIMIT \(Limits.stepItems))
            """, in: db, now: now
        ).count
    }

    /// Its scope is given up with its name: both are unique among what is there.
    private func hide(_ condition: SQL, in db: any SQLConnection, now: Int64) throws -> [String] {
        try db.values(
            """
            UPDATE collections SET deleting_since = \(now), scope = 'deleting:' || id, name = NULL
            WHERE deleting_since IS NULL AND \(condition) RETURNING id
            """, as: String.self)
    }

    /// A collection that is being deleted; nil when there is none.
    package func deleting(in db: any SQLConnection) throws -> String? {
        try db.value(
            "SELECT id FROM collections WHERE deleting_since IS NOT NULL ORDER BY id LIMIT 1", as: String.self)
    }

    /// The items that the next step of a deletion removes: not more than a step may, in number and bytes.
    package func nextItems(ofDeleted id: String, in db: any SQLConnection) throws -> [String] {
        let rows = try db.rows(
            """
            SELECT item_id, LENGTH(vector) + COALESCE(LENGTH(payload), 0) + COALESCE(LENGTH(document), 0)
            FROM embeddings WHERE collection_id = \(id) ORDER BY item_id LIMIT \(Limits.stepItems)
            """
        ) { row in (item: try row.next(String.self), bytes: try row.next(Int.self)) }
        var bytes = 0
        return rows.prefix { row in
            // One goes however long it is.
            defer { bytes += row.bytes }
            return bytes == 0 || bytes + row.bytes <= Limits.stepBytes
        }.map(\.item)
    }

    /// One step of a deletion.
    /// - Parameter items: of ``nextItems(ofDeleted:in:)``; when there are none, the rest of the collection goes.
    /// - Returns: whether the collection is gone.
    package func deleteStep(of id: String, items: [String], in db: any SQLConnection) throws -> Bool {
        let isDeleting: SQL =
            "EXISTS (SELECT 1 FROM collections WHERE id = \(id) AND deleting_since IS NOT NULL)"
        if !items.isEmpty {
            try db.execute(
                """
                DELETE FROM embeddings WHERE collection_id = \(id) AND item_id IN \(list: items) AND \(isDeleting)
                """)
            return false
        }
        let forgotten = try db.execute(
            """
            DELETE FROM removals WHERE collection_id = \(id) AND \(isDeleting) AND item_id IN
              (SELECT item_id FROM removals WHERE collection_id = \(id) LIMIT \(Limits.stepItems))
            """)
        guard forgotten < Limits.stepItems else { return false }
        try db.execute("DELETE FROM collections WHERE id = \(id) AND deleting_since IS NOT NULL")
        return true
    }
}

import Foundation
package import HearthCore
package import HearthVectors

extension CollectionTable {
    /// An item of a collection with all that is kept of it.
    package struct Record: Sendable, Equatable {
        package var item: String
        /// What several items may have in common; the item's own id in named collections.
        package var group: String
        /// As it was sent; float32 comes back bit by bit.
        package var vector: [Float]
        /// What filters look at.
        package var attributes: [String: AttributeValue]
        /// JSON that is given back as it came.
        package var payload: String?
        package var document: String?

        package init(
            item: String, group: String? = nil, vector: [Float], attributes: [String: AttributeValue] = [:],
            payload: String? = nil, document: String? = nil
        ) {
            self.item = item
            self.group = group ?? item
            self.vector = vector
            self.attributes = attributes
            self.payload = payload
            self.document = document
        }
    }

    /// Adds or replaces items under one new version. A collection that has no length of vectors yet takes the first's.
    /// - Throws: ``HearthError`` `conflict` for vectors of another length, `invalid_request` for others that no
    ///   collection takes (both name the record), `not_found` when the collection is gone. Nothing is kept then.
    package func upsert(
        records: [Record], into collection: Collection, precision: String = "f32", in db: any SQLConnection, now: Int64
    ) throws {
        guard let first = records.first else { return }
        let version = try raise(collection.id, dims: first.vector.count, in: db)
        for (number, record) in records.enumerated() {
            let place = "records[\(number)]"
            guard !record.item.isEmpty, !record.group.isEmpty else {
                throw HearthError(.invalidRequest, "\(place): an empty id.")
            }
            try VectorCheck.check(
                record.vector, dims: version.dims, metric: collection.metric, place: place)
            try VectorCheck.check(record.attributes, place: place)
            try write(record, into: collection.id, version: version.number, precision: precision, in: db, now: now)
        }
    }

    /// The items with these ids, ordered by id; those that are not there are left out.
    package func records(of collection: Collection, items: [String], in db: any SQLConnection) throws -> [Record] {
        var records: [Record] = []
        for start in stride(from: 0, to: items.count, by: Limits.itemsOfStatement) {
            let part = items[start..<min(start + Limits.itemsOfStatement, items.count)]
            records += try db.query(
                """
                SELECT * FROM embeddings WHERE collection_id = ? AND item_id IN (\(db.placeholders(part.count)))
                """, [.text(collection.id)] + part.map(SQLValue.text)
            ).map(Self.record)
        }
        return records.sorted { $0.item < $1.item }
    }

    /// Up to `limit` items, ordered by id, that come after an id.
    package func page(
        of collection: Collection, after item: String?, limit: Int, in db: any SQLConnection
    ) throws -> [Record] {
        try db.query(
            """
            SELECT * FROM embeddings WHERE collection_id = ?\(item == nil ? "" : " AND item_id > ?")
            ORDER BY item_id LIMIT ?
            """,
            [.text(collection.id)] + (item.map { [.text($0)] } ?? []) + [.int(limit)]
        ).map(Self.record)
    }

    /// Items of a collection.
    package func count(of collection: Collection, in db: any SQLConnection) throws -> Int {
        let row = try db.first(
            "SELECT COUNT(*) AS count FROM embeddings WHERE collection_id = ?", [.text(collection.id)])
        return Int(try row?.integer("count") ?? 0)
    }

    /// Removes items for good.
    /// - Returns: how many were there.
    @discardableResult
    package func delete(items: [String], from collection: Collection, in db: any SQLConnection) throws -> Int {
        try delete(items: items, from: collection.id, in: db)
    }

    @discardableResult
    func delete(items: [String], from id: String, in db: any SQLConnection) throws -> Int {
        guard !items.isEmpty else { return 0 }
        let row = try db.first(
            "UPDATE collections SET version = version + 1 WHERE id = ? RETURNING version", [.text(id)])
        guard let version = try row?.integer("version") else { return 0 }
        var removed = 0
        for item in items {
            let changes = try db.execute(
                "DELETE FROM embeddings WHERE collection_id = ? AND item_id = ?", [.text(id), .text(item)])
            guard changes > 0 else { continue }
            removed += 1
            try db.execute(
                """
                INSERT INTO removals (collection_id, item_id, version) VALUES (?, ?, ?)
                ON CONFLICT (collection_id, item_id) DO UPDATE SET version = excluded.version
                """, [.text(id), .text(item), .integer(version)])
        }
        guard removed > 0 else { return 0 }
        try db.execute(
            "UPDATE collections SET removed_version = ?, removals = removals + ? WHERE id = ?",
            [.integer(version), .int(removed), .text(id)])
        try prune(id, in: db)
        return removed
    }

    /// Forgets the oldest removals when there are twice as many as are remembered: seldom, and then many at once.
    private func prune(_ id: String, in db: any SQLConnection) throws {
        let row = try db.first("SELECT removals FROM collections WHERE id = ?", [.text(id)])
        guard try row?.integer("removals") ?? 0 >= 2 * Int64(Limits.rememberedRemovals) else { return }
        let oldest = try db.first(
            "SELECT version FROM removals WHERE collection_id = ? ORDER BY version DESC LIMIT 1 OFFSET ?",
            [.text(id), .int(Limits.rememberedRemovals)])
        if let version = try oldest?.integer("version") {
            try db.execute(
                "DELETE FROM removals WHERE collection_id = ? AND version <= ?", [.text(id), .integer(version)])
            try db.execute(
                "UPDATE collections SET pruned_version = ? WHERE id = ?", [.integer(version), .text(id)])
        }
        try db.execute(
            """
            UPDATE collections SET removals = (SELECT COUNT(*) FROM removals WHERE collection_id = ?) WHERE id = ?
            """, [.text(id), .text(id)])
    }

    /// Raises the version of a collection for new items, and gives it their length when it has none.
    private func raise(
        _ id: String, dims: Int, in db: any SQLConnection
    ) throws -> (number: Int64, dims: Int) {
        let row = try db.first(
            """
            UPDATE collections SET version = version + 1, dims = CASE WHEN is_sized = 1 THEN dims ELSE ? END,
              is_sized = 1
            WHERE id = ? RETURNING version, dims
            """, [.int(max(dims, 1)), .text(id)])
        guard let row else { throw HearthError(.notFound, "The collection is gone.") }
        return (try row.integer("version"), Int(try row.integer("dims")))
    }

    private static func record(_ row: SQLRow) throws -> Record {
        Record(
            item: try row.text("item_id"), group: try row.text("group_id"),
            vector: try row.blob("vector").littleEndianFloats,
            attributes: try AttributeText.decode(row.optionalText("attributes")),
            payload: row.optionalText("payload"), document: row.optionalText("document"))
    }
}

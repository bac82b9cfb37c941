package import HearthCore
package import HearthVectors

extension CollectionTable {
    /// A stored vector with what a search needs of its item.
    package struct Entry: Sendable {
        package let item: String
        package let group: String
        package let vector: [Float]
        package let attributes: [String: AttributeValue]
        package let version: Int64
    }

    /// A place in the order in which the rows of a collection were written.
    package struct Place: Sendable {
        package let version: Int64
        package let item: String

        /// In front of everything that came after a version.
        package init(after version: Int64) { (self.version, item) = (version + 1, "") }

        package init(_ entry: Entry) { (version, item) = (entry.version, entry.item) }
    }

    /// A page of what has changed in a collection.
    package struct Changes: Sendable {
        /// As it is with this page.
        package let collection: Collection
        package let entries: [Entry]
        /// Whether nothing comes after them.
        package let isLast: Bool
        /// On the last page: items that were removed since and are not there.
        package let removed: [String]
    }

    /// A collection, whosever it is; nil when there is none.
    func collection(id: String, in db: any SQLConnection) throws -> Collection? {
        try db.first("SELECT * FROM collections WHERE id = ?", [.text(id)]).map { try Self.collection($0) }
    }

    /// A page of what has changed in a collection, read in one transaction.
    ///
    /// Rows that change while somebody reads page by page come again behind, so that the last page leaves the reader
    /// with the state of its own transaction; provided that removals since then are not forgotten (`prunedVersion`).
    /// - Parameters:
    ///   - since: the version from which on removals count.
    /// - Returns: nil when the collection is gone.
    package func changes(
        of id: String, after place: Place, since: Int64, limit: Int, in db: any SQLConnection
    ) throws -> Changes? {
        guard let collection = try collection(id: id, in: db) else { return nil }
        let entries = try db.query(
            """
            SELECT item_id, group_id, vector, attributes, version FROM embeddings
            WHERE collection_id = ? AND (version, item_id) > (?, ?) ORDER BY version, item_id LIMIT ?
            """, [.text(id), .integer(place.version), .text(place.item), .int(limit)]
        ).map {
            Entry(
                item: try $0.text("item_id"), group: try $0.text("group_id"),
                vector: try $0.blob("vector").littleEndianFloats,
                attributes: try AttributeText.decode($0.optionalText("attributes")),
                version: try $0.integer("version"))
        }
        let isLast = entries.count < limit
        return Changes(
            collection: collection, entries: entries, isLast: isLast,
            removed: isLast ? try removals(of: id, after: since, in: db) : [])
    }

    /// Items that were removed after a version and have not come back.
    /// - Parameter version: not below the collection's `prunedVersion`, or some are forgotten.
    package func removals(of collection: String, after version: Int64, in db: any SQLConnection) throws -> [String] {
        try db.query(
            """
            SELECT item_id FROM removals r WHERE collection_id = ? AND version > ? AND NOT EXISTS (
              SELECT 1 FROM embeddings e WHERE e.collection_id = r.collection_id AND e.item_id = r.item_id)
            """, [.text(collection), .integer(version)]
        ).map { try $0.text("item_id") }
    }

    /// Collections whose scan files may hold what was removed, as they are.
    package func collectionsToErase(in db: any SQLConnection) throws -> [Collection] {
        try db.query("SELECT * FROM collections WHERE removed_version > erased_version").map { try Self.collection($0) }
    }

    /// Notes that the scan file of a collection holds nothing that was removed up to a version.
    package func markErased(_ id: String, version: Int64, in db: any SQLConnection) throws {
        try db.execute(
            "UPDATE collections SET erased_version = ? WHERE id = ? AND erased_version < ?",
            [.integer(version), .text(id), .integer(version)])
    }

    /// Those of some collections that are there.
    package func existing(_ ids: [String], in db: any SQLConnection) throws -> Set<String> {
        var found: Set<String> = []
        for start in stride(from: 0, to: ids.count, by: Limits.itemsOfStatement) {
            let part = ids[start..<min(start + Limits.itemsOfStatement, ids.count)]
            let rows = try db.query(
                "SELECT id FROM collections WHERE id IN (\(db.placeholders(part.count)))", part.map(SQLValue.text))
            found.formUnion(try rows.map { try $0.text("id") })
        }
        return found
    }
}

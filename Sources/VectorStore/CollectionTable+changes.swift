import Foundation
package import HearthCore
package import HearthVectors

extension CollectionTable {
    /// A stored vector with what a search needs of its item.
    package struct Entry: Sendable {
        package let item: String
        package let owner: String
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
        try db.row("SELECT \(Collection.columns) FROM collections c WHERE c.id = \(id)", as: Collection.self)
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
        let entries = try db.rows(
            """
            SELECT item_id, owner_id, vector, attributes, version FROM embeddings
            WHERE collection_id = \(id) AND (version, item_id) > (\(place.version), \(place.item))
            ORDER BY version, item_id LIMIT \(limit)
            """
        ) { row in
            Entry(
                item: try row.next(), owner: try row.next(), vector: try row.next(Data.self).littleEndianFloats,
                attributes: try AttributeText.decode(row.next()), version: try row.next())
        }
        let isLast = entries.count < limit
        return Changes(
            collection: collection, entries: entries, isLast: isLast,
            removed: isLast ? try removals(of: id, after: since, in: db) : [])
    }

    /// Items that were removed after a version and have not come back.
    /// - Parameter version: not below the collection's `prunedVersion`, or some are forgotten.
    package func removals(of collection: String, after version: Int64, in db: any SQLConnection) throws -> [String] {
        try db.values(
            """
            SELECT item_id FROM removals r WHERE collection_id = \(collection) AND version > \(version) AND NOT EXISTS (
              SELECT 1 FROM embeddings e WHERE e.collection_id = r.collection_id AND e.item_id = r.item_id)
            """, as: String.self)
    }

    /// Collections whose scan files may hold what was removed, as they are.
    package func collectionsToErase(in db: any SQLConnection) throws -> [Collection] {
        try db.rows(
            "SELECT \(Collection.columns) FROM collections c WHERE c.removed_version > c.erased_version",
            as: Collection.self)
    }

    /// Notes that the scan file of a collection holds nothing that was removed up to a version.
    package func markErased(_ id: String, version: Int64, in db: any SQLConnection) throws {
        try db.execute(
            "UPDATE collections SET erased_version = \(version) WHERE id = \(id) AND erased_version < \(version)")
    }

    /// Those of some collections that are there.
    package func existing(_ ids: [String], in db: any SQLConnection) throws -> Set<String> {
        var found: Set<String> = []
        for start in stride(from: 0, to: ids.count, by: Limits.itemsOfStatement) {
            let part = ids[start..<min(start + Limits.itemsOfStatement, ids.count)]
            found.formUnion(try db.values("SELECT id FROM collections WHERE id IN \(list: part)", as: String.self))
        }
        return found
    }
}

import Foundation
package import HearthCore
package import HearthVectors

extension CollectionTable {
    /// An item of a collection with all that is kept of it.
    package struct Record: Sendable, Equatable {
        /// The record's id, unique in its collection.
        package var item: String
        /// What several items may have in common; the item's own id in named collections.
        package var owner: String
        /// As it was sent; float32 comes back bit by bit.
        package var vector: [Float]
        /// What filters look at.
        package var attributes: [String: AttributeValue]
        /// JSON that is given back as it came.
        package var payload: String?
        /// A text that belongs to it.
        package var document: String?

        /// A record; its owner is the item itself when absent.
        package init(
            item: String, owner: String? = nil, vector: [Float], attributes: [String: AttributeValue] = [:],
            payload: String? = nil, document: String? = nil
        ) {
            self.item = item
            self.owner = owner ?? item
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
        let seal = try writing(collection.id, scope: collection.seal, of: collection.tenant, in: db)
        for (number, record) in records.enumerated() {
            let place = "records[\(number)]"
            guard !record.item.isEmpty, !record.owner.isEmpty else {
                throw HearthError(.invalidRequest, "\(place): an empty id.")
            }
            try VectorCheck.check(
                record.vector, dims: version.dims, metric: collection.metric, place: place)
            try VectorCheck.check(record.attributes, place: place)
            try write(
                record, into: collection.id, version: version.number, precision: precision, seal: seal, in: db,
                now: now)
        }
    }

    /// The items with these ids, ordered by id; those that are not there are left out.
    package func records(of collection: Collection, items: [String], in db: any SQLConnection) throws -> [Record] {
        let seal = try reading(collection.id, scope: collection.seal, in: db)
        var records: [Record] = []
        for start in stride(from: 0, to: items.count, by: Limits.itemsOfStatement) {
            let part = items[start..<min(start + Limits.itemsOfStatement, items.count)]
            records += try db.rows(
                """
                SELECT \(Record.columns) FROM embeddings
                WHERE collection_id = \(collection.id) AND item_id IN \(list: part)
                """
            ) { try Record(row: &$0, seal: seal) }
        }
        return records.sorted { $0.item < $1.item }
    }

    /// Up to `limit` items, ordered by id, that come after an id.
    package func page(
        of collection: Collection, after item: String?, limit: Int, in db: any SQLConnection
    ) throws -> [Record] {
        let condition: SQL = if let item { " AND item_id > \(item)" } else { "" }
        let seal = try reading(collection.id, scope: collection.seal, in: db)
        return try db.rows(
            """
            SELECT \(Record.columns) FROM embeddings WHERE collection_id = \(collection.id)\(condition)
            ORDER BY item_id LIMIT \(limit)
            """
        ) { try Record(row: &$0, seal: seal) }
    }

    /// How many of these items are there.
    package func present(of collection: Collection, items: [String], in db: any SQLConnection) throws -> Int {
        var present = 0
        for start in stride(from: 0, to: items.count, by: Limits.itemsOfStatement) {
            let part = items[start..<min(start + Limits.itemsOfStatement, items.count)]
            present +=
                try db.value(
                    """
                    SELECT COUNT(*) FROM embeddings
                    WHERE collection_id = \(collection.id) AND item_id IN \(list: part)
                    """, as: Int.self) ?? 0
        }
        return present
    }

    /// What a tenant has of named collections: their settings, and their records.
    package static func usage(of tenant: Tenant, in db: any SQLConnection) throws -> TenantUsage {
        let count = try db.value(
            """
            SELECT COUNT(*) FROM collections c JOIN embeddings e ON e.collection_id = c.id
            WHERE c.tenant = \(tenant) AND c.name IS NOT NULL
            """, as: Int64.self)
        let settings = try db.value(
            """
            SELECT CAST(COALESCE(SUM(\(verbatim: db.dialect.bytes(of: "settings"))), 0) AS BIGINT) FROM collections
            WHERE tenant = \(tenant) AND name IS NOT NULL
            """, as: Int64.self)
        return TenantUsage(storedBytes: settings ?? 0, records: count ?? 0)
    }

    /// Items of a collection.
    package func count(of collection: Collection, in db: any SQLConnection) throws -> Int {
        try db.value("SELECT COUNT(*) FROM embeddings WHERE collection_id = \(collection.id)", as: Int.self) ?? 0
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
        let version = try db.value(
            """
            UPDATE collections SET version = version + 1 WHERE id = \(id) AND deleting_since IS NULL
            RETURNING version
            """, as: Int64.self)
        guard let version else { return 0 }
        var removed = 0
        for item in items {
            let changes = try db.execute(
                "DELETE FROM embeddings WHERE collection_id = \(id) AND item_id = \(item)")
            guard changes > 0 else { continue }
            removed += 1
            try db.execute(
                """
                INSERT INTO removals (collection_id, item_id, version) VALUES (\(id), \(item), \(version))
                ON CONFLICT (collection_id, item_id) DO UPDATE SET version = excluded.version
                """)
        }
        guard removed > 0 else { return 0 }
        try db.execute(
            "UPDATE collections SET removed_version = \(version), removals = removals + \(removed) WHERE id = \(id)")
        try prune(id, in: db)
        return removed
    }

    /// Forgets the oldest removals when there are many more than are remembered: seldom, and a bounded number at once.
    private func prune(_ id: String, in db: any SQLConnection) throws {
        let count = try db.value("SELECT removals FROM collections WHERE id = \(id)", as: Int.self)
        guard count ?? 0 >= Limits.rememberedRemovals + Limits.forgottenRemovals else { return }
        // Each has its own place in the order, although several may share a version.
        let oldest = try db.rows(
            """
            SELECT item_id, version FROM removals WHERE collection_id = \(id)
            ORDER BY version, item_id LIMIT \(Limits.forgottenRemovals)
            """
        ) { row in (item: try row.next(String.self), version: try row.next(Int64.self)) }
        guard let newest = oldest.last?.version else { return }
        try db.execute("UPDATE collections SET pruned_version = \(newest) WHERE id = \(id)")
        for start in stride(from: 0, to: oldest.count, by: Limits.itemsOfStatement) {
            let part = oldest[start..<min(start + Limits.itemsOfStatement, oldest.count)].map(\.item)
            try db.execute("DELETE FROM removals WHERE collection_id = \(id) AND item_id IN \(list: part)")
        }
        // Counted again: an item that was removed twice was counted twice.
        try db.execute(
            """
            UPDATE collections SET removals = (SELECT COUNT(*) FROM removals WHERE collection_id = \(id))
            WHERE id = \(id)
            """)
    }

    /// Raises the version of a collection for new items, and gives it their length when it has none.
    private func raise(
        _ id: String, dims: Int, in db: any SQLConnection
    ) throws -> (number: Int64, dims: Int) {
        let raised = try db.row(
            """
            UPDATE collections SET version = version + 1,
              dims = CASE WHEN is_sized = 1 THEN dims ELSE \(max(dims, 1)) END, is_sized = 1
            WHERE id = \(id) AND deleting_since IS NULL RETURNING version, dims
            """
        ) { row in (number: try row.next(Int64.self), dims: try row.next(Int.self)) }
        guard let raised else { throw HearthError(.notFound, "The collection was deleted.") }
        return raised
    }
}

extension CollectionTable.Record {
    static let columns: SQL = "item_id, owner_id, vector, attributes, payload, document"

    /// Reads a row of ``columns``.
    init(row: inout SQLRow, seal: RowSeal) throws {
        let place = RowSeal.Place(item: try row.next(), owner: try row.next())
        self.init(
            item: place.item, owner: place.owner, vector: try seal.vector(row.next(), at: place),
            attributes: try seal.attributes(row.next(), at: place), payload: try seal.payload(row.next(), at: place),
            document: try seal.document(row.next(), at: place))
    }
}

extension CollectionTable {
    /// A stored vector with what a search needs of its item.
    package struct Entry: Sendable {
        /// The record's id.
        package let item: String
        /// What the vector belongs to.
        package let owner: String
        /// As it was stored, of the collection's length.
        package let vector: [Float]
        /// What filters can ask for.
        package let attributes: [String: AttributeValue]
        /// The collection's version that wrote it.
        package let version: Int64
    }

    /// A place in the order in which the rows of a collection were written.
    package struct Place: Sendable {
        /// The version of the last entry of a page …
        package let version: Int64
        /// … and its id: several entries may share a version.
        package let item: String

        /// In front of everything that came after a version.
        package init(after version: Int64) { (self.version, item) = (version + 1, "") }

        /// Behind an entry.
        package init(_ entry: Entry) { (version, item) = (entry.version, entry.item) }
    }

    /// A page of what has changed in a collection.
    package struct Changes: Sendable {
        /// As it is with this page.
        package let collection: Collection
        /// Records that were written, in the order of their versions.
        package let entries: [Entry]
        /// Whether nothing comes after them.
        package let isLast: Bool
        /// On the last page: items that were removed since and are not there.
        package let removed: [String]
    }

    /// A collection, whosever it is; nil when there is none.
    func collection(id: String, in db: any SQLConnection) throws -> Collection? {
        try db.row(
            "SELECT \(Collection.columns) FROM collections c WHERE c.id = \(id) AND c.deleting_since IS NULL",
            as: Collection.self)
    }

    /// A page of what has changed in a collection, read in one transaction.
    ///
    /// Rows that change during a reading page by page come again at the end, so that the last page leaves the reader
    /// with the state of its own transaction; provided that removals since then are not forgotten (`prunedVersion`).
    /// - Parameters:
    ///   - since: the version from which on removals count.
    /// - Returns: nil when the collection is gone.
    package func changes(
        of id: String, after place: Place, since: Int64, limit: Int, in db: any SQLConnection
    ) throws -> Changes? {
        guard let collection = try collection(id: id, in: db) else { return nil }
        let seal = try reading(id, scope: collection.seal, in: db)
        let entries = try db.rows(
            """
            SELECT item_id, owner_id, vector, attributes, version FROM embeddings
            WHERE collection_id = \(id) AND (version, item_id) > (\(place.version), \(place.item))
            ORDER BY version, item_id LIMIT \(limit)
            """
        ) { row in
            let place = RowSeal.Place(item: try row.next(), owner: try row.next())
            return Entry(
                item: place.item, owner: place.owner, vector: try seal.vector(row.next(), at: place),
                attributes: try seal.attributes(row.next(), at: place), version: try row.next())
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
            """
            SELECT \(Collection.columns) FROM collections c
            WHERE c.removed_version > c.erased_version AND c.deleting_since IS NULL
            """, as: Collection.self)
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
            found.formUnion(
                try db.values(
                    "SELECT id FROM collections WHERE deleting_since IS NULL AND id IN \(list: part)", as: String.self))
        }
        return found
    }
}

package import HearthCore
import HearthVectors

import struct Foundation.Data

/// Collections whose rows and scan files are sealed, as those of faces: each is made with the scope whose key it takes.
///
/// Only features have such collections (``VectorSpace/seal``). What reads the rows of named collections, which clients
/// see whole, refuses them.
extension CollectionTable {
    /// How the rows of a collection are written.
    /// - Parameter scope: of the collection's seal; nil: they are not sealed.
    /// - Throws: ``HearthError`` as ``SealKeys/key(for:of:in:)``.
    func writing(_ id: String, scope: String?, of tenant: Tenant, in db: any SQLConnection) throws -> RowSeal {
        RowSeal(collection: id, key: try scope.map { try seals.required().key(for: $0, of: tenant, in: db) })
    }

    /// How the rows of a collection are read.
    /// - Throws: ``HearthError`` as ``SealKeys/key(of:in:)``.
    func reading(_ id: String, scope: String?, in db: any SQLConnection) throws -> RowSeal {
        RowSeal(collection: id, key: try scope.map { try seals.required().key(of: $0, in: db) })
    }

    /// What seals the scan file of a collection; nil when it is not sealed.
    /// - Throws: as ``reading(_:scope:in:)``.
    func cipher(of collection: Collection, in db: any SQLConnection) throws -> SealedScan? {
        try collection.seal.map { SealedScan(key: try seals.required().key(of: $0, in: db)) }
    }

    /// The vectors of some items of a space; those that are not there are left out.
    /// - Throws: ``HearthError`` as ``SealKeys/key(of:in:)``, `seal_broken`.
    package func vectors(
        of items: [String], in space: VectorSpace, in db: any SQLConnection
    ) throws -> [String: [Float]] {
        guard let collection = try collection(of: space, in: db) else { return [:] }
        let seal = try reading(collection.id, scope: collection.seal, in: db)
        var found: [String: [Float]] = [:]
        for start in stride(from: 0, to: items.count, by: Limits.itemsOfStatement) {
            let part = items[start..<min(start + Limits.itemsOfStatement, items.count)]
            let rows = try db.rows(
                """
                SELECT item_id, owner_id, vector FROM embeddings
                WHERE collection_id = \(collection.id) AND item_id IN \(list: part)
                """
            ) { row in
                let place = RowSeal.Place(item: try row.next(), owner: try row.next())
                return (item: place.item, vector: try seal.vector(row.next(), at: place))
            }
            for row in rows { found[row.item] = row.vector }
        }
        return found
    }

    /// The collection of a space; nil when there is none yet.
    package func collection(of space: VectorSpace, in db: any SQLConnection) throws -> Collection? {
        try db.row(
            """
            SELECT \(Collection.columns) FROM collections c
            WHERE c.tenant = \(space.tenant) AND c.scope = \(space.scope) AND c.model_digest = \(space.modelDigest)
              AND c.name IS NULL AND c.deleting_since IS NULL
            """, as: Collection.self)
    }

    /// Changes an item of a sealed collection: what is sealed is bound to the owner, so that all of it is sealed again.
    func change(
        _ item: String, ofSealed id: String, scope: String, owner: String?, attributes: [String: AttributeValue]?,
        version: Int64?, in db: any SQLConnection
    ) throws {
        let seal = try reading(id, scope: scope, in: db)
        let record = try db.row(
            """
            SELECT \(Record.columns) FROM embeddings WHERE collection_id = \(id) AND item_id = \(item)
            """
        ) { try Record(row: &$0, seal: seal) }
        guard var record else { return }
        if let owner { record.owner = owner }
        if let attributes { record.attributes = attributes }
        let place = RowSeal.Place(item: item, owner: record.owner)
        try db.execute(
            """
            UPDATE embeddings SET owner_id = \(record.owner), vector = \(try seal.stored(record.vector, at: place)),
              attributes = \(try seal.stored(record.attributes, at: place)),
              payload = \(try seal.stored(payload: record.payload, at: place)),
              document = \(try seal.stored(document: record.document, at: place)), version = \(version)
            WHERE collection_id = \(id) AND item_id = \(item)
            """)
    }
}

extension CollectionTable.Collection {
    /// - Throws: ``HearthError`` `internal_error` for a sealed one: what calls this would show what is in it.
    func requireOpen() throws(HearthError) {
        guard seal == nil else { throw HearthError(.internalError, "A sealed collection is not read this way.") }
    }
}

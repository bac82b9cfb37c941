package import HearthCore
package import HearthVectors

/// Reading the attributes of a collection's records again, page by page.
extension CollectionTable {
    /// What of a record its attributes are read from.
    package struct Payload: Sendable {
        /// Id of the record.
        package let item: String
        /// JSON; nil when the record has none.
        package let payload: String?
        /// As the row has them.
        fileprivate let attributes: String?
        /// Of the collection, when the record was written.
        fileprivate let version: Int64
    }

    /// The payloads of the next records by id, as many as one step may look at.
    /// - Returns: none at the end.
    package func payloads(
        of collection: Collection, after item: String?, in db: any SQLConnection
    ) throws -> [Payload] {
        try collection.requireOpen()
        var found: [Payload] = []
        var bytes = 0
        while found.count < Limits.stepItems, bytes < Limits.stepBytes {
            let limit = min(Limits.recordsOfStatement, Limits.stepItems - found.count)
            let last = found.last?.item ?? item
            let condition: SQL = if let last { " AND item_id > \(last)" } else { "" }
            let page = try db.rows(
                """
                SELECT item_id, payload, attributes, version FROM embeddings
                WHERE collection_id = \(collection.id)\(condition) ORDER BY item_id LIMIT \(limit)
                """
            ) { row in
                Payload(
                    item: try row.next(), payload: try row.next(), attributes: try row.next(), version: try row.next())
            }
            found += page
            bytes += page.reduce(0) { $0 + ($1.payload?.utf8.count ?? 0) }
            if page.count < limit { break }
        }
        return found
    }

    /// Sets attributes that were read from payloads. A record that was replaced meanwhile stays as it is.
    /// - Throws: ``HearthError`` `not_found` when the collection is gone.
    package func set(
        _ attributes: [(record: Payload, attributes: [String: AttributeValue])], in collection: Collection,
        in db: any SQLConnection
    ) throws {
        try collection.requireOpen()
        let changed = attributes.compactMap { record, attributes -> (record: Payload, text: String?)? in
            let text = AttributeText.encode(attributes)
            return text == record.attributes ? nil : (record, text)
        }
        guard !changed.isEmpty else { return }
        let version = try db.value(
            """
            UPDATE collections SET version = version + 1 WHERE id = \(collection.id) AND deleting_since IS NULL
            RETURNING version
            """, as: Int64.self)
        guard let version else { throw HearthError(.notFound, "The collection was deleted.") }
        for (record, text) in changed {
            try db.execute(
                """
                UPDATE embeddings SET attributes = \(text), version = \(version)
                WHERE collection_id = \(collection.id) AND item_id = \(record.item) AND version = \(record.version)
                """)
        }
    }
}

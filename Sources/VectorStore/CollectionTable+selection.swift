import Foundation
package import HearthCore
package import HearthVectors

extension CollectionTable {
    /// Which records are meant: those that pass a filter, with texts that have or have not certain words.
    package struct Selection: Sendable {
        package var filter: VectorFilter
        package var document: DocumentFilter?
        package var limit: Int?
        package var offset: Int

        package init(
            filter: VectorFilter = .everything, document: DocumentFilter? = nil, limit: Int? = nil, offset: Int = 0
        ) {
            self.filter = filter
            self.document = document
            self.limit = limit
            self.offset = offset
        }
    }

    /// The named collections of a tenant.
    package func namedCount(of tenant: Tenant, in db: any SQLConnection) throws -> Int {
        let row = try db.first(
            "SELECT COUNT(*) AS count FROM collections WHERE tenant = ? AND name IS NOT NULL",
            [.text(tenant.rawValue)])
        return Int(try row?.integer("count") ?? 0)
    }

    /// Ids of the records that are meant, in the order in which they came to be.
    package func items(
        of collection: Collection, _ selection: Selection, in db: any SQLConnection
    ) throws -> [String] {
        if selection.filter == .everything, selection.document == nil {
            return try db.query(
                """
                SELECT item_id FROM embeddings WHERE collection_id = ? ORDER BY \(db.dialect.insertionOrder)
                LIMIT ? OFFSET ?
                """,
                [.text(collection.id), .int(selection.limit ?? Int(Int32.max)), .int(selection.offset)]
            ).map { try $0.text("item_id") }
        }
        var found: [String] = []
        let wanted = selection.limit.map { $0 + selection.offset } ?? .max
        for row in try candidates(of: collection, selection, in: db) {
            guard found.count < wanted else { break }
            let item = try row.text("item_id")
            guard try passes(row, item: item, selection) else { continue }
            found.append(item)
        }
        return Array(found.dropFirst(selection.offset))
    }

    private func passes(_ row: SQLRow, item: String, _ selection: Selection) throws -> Bool {
        guard selection.document?.matches({ row.optionalInteger("word_\($0)") ?? 0 > 0 }) ?? true else { return false }
        return selection.filter.matches(
            item: item, attributes: try AttributeText.decode(row.optionalText("attributes")))
    }

    /// The rows among which the meant ones are; those that are named by their ids are looked up.
    private func candidates(
        of collection: Collection, _ selection: Selection, in db: any SQLConnection
    ) throws -> [SQLRow] {
        let words = selection.document?.words ?? []
        let columns = words.indices.map { ", \(db.dialect.position)(document, ?) AS word_\($0)" }.joined()
        let start: [SQLValue] = words.map(SQLValue.text) + [.text(collection.id)]
        let select = "SELECT item_id, attributes\(columns) FROM embeddings WHERE collection_id = ?"
        guard let items = selection.filter.namedItems, items.count <= Limits.itemsOfStatement else {
            return try db.query("\(select) ORDER BY \(db.dialect.insertionOrder)", start)
        }
        guard !items.isEmpty else { return [] }
        return try db.query(
            "\(select) AND item_id IN (\(db.placeholders(items.count))) ORDER BY \(db.dialect.insertionOrder)",
            start + items.sorted().map(SQLValue.text))
    }
}

extension VectorFilter {
    /// The only items that can pass, when they are named; nil when others may.
    fileprivate var namedItems: Set<String>? {
        switch self {
        case .items(let items): items
        case .all(let filters):
            filters.compactMap(\.namedItems).min { $0.count < $1.count }
        default: nil
        }
    }
}

extension CollectionTable {
    /// Records by their ids, in the order of the ids; those that are not there are left out.
    /// - Parameter readsVectors: whether vectors are wanted: they are most of a row. Empty otherwise.
    package func records(
        of collection: Collection, items: [String], readsVectors: Bool, in db: any SQLConnection
    ) throws -> [Record] {
        var found: [String: Record] = [:]
        found.reserveCapacity(items.count)
        var bytes = 0
        for start in stride(from: 0, to: items.count, by: Limits.recordsOfStatement) {
            let part = items[start..<min(start + Limits.recordsOfStatement, items.count)]
            let rows = try db.query(
                """
                SELECT item_id, payload, document\(readsVectors ? ", vector" : "") FROM embeddings
                WHERE collection_id = ? AND item_id IN (\(db.placeholders(part.count)))
                """, [.text(collection.id)] + part.map(SQLValue.text))
            for row in rows {
                let item = try row.text("item_id")
                found[item] = Record(
                    item: item, vector: readsVectors ? try row.blob("vector").littleEndianFloats : [],
                    payload: row.optionalText("payload"), document: row.optionalText("document"))
                bytes += found[item]?.bytes ?? 0
            }
            guard bytes <= Limits.answerBytes else { throw Self.answerTooLong }
        }
        return items.compactMap { found[$0] }
    }

    /// The refusal of an answer that would fill the memory.
    package static var answerTooLong: HearthError {
        HearthError(
            .unprocessable, "The answer would be longer than \(Limits.answerBytes >> 20) MB.",
            hint: "Ask for fewer records at once, or without payloads and documents.")
    }
}

extension CollectionTable.Record {
    /// About what it takes in an answer.
    package var bytes: Int { (payload?.utf8.count ?? 0) + (document?.utf8.count ?? 0) + vector.count * 4 + 64 }
}

import Foundation
package import HearthCore
import HearthJSON
import HearthText
package import HearthVectors

extension CollectionTable {
    /// Which records are meant: those that pass a filter, with texts that have or have not certain words.
    package struct Selection: Sendable {
        /// Conditions on attributes and ids.
        package var filter: VectorFilter
        /// Conditions on the text; nil: none.
        package var document: DocumentFilter?
        /// Records at most; nil: all.
        package var limit: Int?
        /// Records that are passed over first.
        package var offset: Int

        /// All records, unless it is said which.
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
        try db.value(
            "SELECT COUNT(*) FROM collections WHERE tenant = \(tenant) AND name IS NOT NULL", as: Int.self) ?? 0
    }

    /// Ids of the records that are meant, in the order in which they came to be.
    ///
    /// Rows are looked at one by one, and not further than to the last one that is wanted.
    /// - Parameter most: Ids at most, whatever the selection says: for callers that refuse more.
    package func items(
        of collection: Collection, _ selection: Selection, most: Int = .max, in db: any SQLConnection
    ) throws -> [String] {
        try collection.requireOpen()
        let limit = min(selection.limit ?? .max, most)
        if selection.filter == .everything, selection.document == nil {
            return try db.values(
                """
                SELECT item_id FROM embeddings WHERE collection_id = \(collection.id)
                ORDER BY \(verbatim: db.dialect.insertionOrder)
                LIMIT \(min(limit, Int(Int32.max))) OFFSET \(selection.offset)
                """, as: String.self)
        }
        guard limit > 0, let query = CandidateQuery(selection, db.dialect) else { return [] }
        var found: [String] = []
        var passed = 0
        // Only the ids are put in order, by an index; of the rows themselves, those are read that are looked at.
        try db.query(
            """
            SELECT \(query.columns) FROM (
              SELECT item_id AS place FROM embeddings WHERE collection_id = \(collection.id)\(query.named)
              ORDER BY \(verbatim: db.dialect.insertionOrder) LIMIT \(Int(Int32.max))
            ) places CROSS JOIN embeddings WHERE collection_id = \(collection.id) AND item_id = place
            """
        ) { row in
            let candidate = try query.candidate(row)
            guard try candidate.passes(selection) else { return true }
            passed += 1
            if passed > selection.offset { found.append(candidate.item) }
            return found.count < limit
        }
        return found
    }

    /// Ids of records that are meant among the next rows by id, as many as one step may take.
    /// - Returns: the ids, and the id of the last row that was looked at; nil when there was none.
    package func items(
        of collection: Collection, _ selection: Selection, after item: String?, in db: any SQLConnection
    ) throws -> (items: [String], last: String?) {
        try collection.requireOpen()
        guard let query = CandidateQuery(selection, db.dialect) else { return ([], nil) }
        let condition: SQL = if let item { " AND item_id > \(item)" } else { "" }
        var (found, last): ([String], String?) = ([], nil)
        try db.query(
            """
            SELECT \(query.columns) FROM embeddings
            WHERE collection_id = \(collection.id)\(query.named)\(condition)
            ORDER BY item_id LIMIT \(Limits.collectionPage)
            """
        ) { row in
            let candidate = try query.candidate(row)
            last = candidate.item
            if try candidate.passes(selection) { found.append(candidate.item) }
            return found.count < Limits.stepItems
        }
        return (found, last)
    }

    /// A row that may be meant.
    private struct Candidate: Sendable {
        let item: String
        let attributes: String?
        /// Where each word of the document filter begins in the document; 0 or nil where it is not.
        let words: [Int?]

        func passes(_ selection: Selection) throws -> Bool {
            guard selection.document?.matches({ words[$0] ?? 0 > 0 }) ?? true else { return false }
            return selection.filter.matches(item: item, attributes: try AttributeText.decode(attributes))
        }
    }

    /// How the rows among which the meant ones are are asked for; those that are named by their ids are looked up.
    private struct CandidateQuery {
        let columns: SQL
        /// What is asked of ids, with an AND before it; empty for nothing.
        private(set) var named: SQL = ""
        private let words: Int

        /// - Returns: nil when there can be none.
        init?(_ selection: Selection, _ dialect: SQLDialect) {
            let words = (selection.document?.words ?? []).map(DocumentText.stored)
            self.words = words.count
            let position = dialect.position
            columns = words.reduce("item_id, attributes" as SQL) { $0 + ", \(verbatim: position)(document, \($1))" }
            if let items = selection.filter.namedItems, items.count <= Limits.itemsOfStatement {
                guard !items.isEmpty else { return nil }
                named = " AND item_id IN \(list: items.map(\.text))"
            }
        }

        func candidate(_ row: SQLRow) throws -> Candidate {
            var row = row
            return Candidate(
                item: try row.next(), attributes: try row.next(),
                words: try (0..<words).map { _ in try row.next(Int?.self) })
        }
    }
}

extension VectorFilter {
    /// The only items that can pass, when they are named; nil when others may.
    fileprivate var namedItems: Set<ByteKey>? {
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
        try collection.requireOpen()
        var found: [ByteKey: Record] = [:]
        found.reserveCapacity(items.count)
        var bytes = 0
        for start in stride(from: 0, to: items.count, by: Limits.recordsOfStatement) {
            let part = items[start..<min(start + Limits.recordsOfStatement, items.count)]
            let vector: SQL = readsVectors ? ", vector" : ""
            let records = try db.rows(
                """
                SELECT item_id, payload, document\(vector) FROM embeddings
                WHERE collection_id = \(collection.id) AND item_id IN \(list: part)
                """
            ) { row in
                let (item, payload, document) = (
                    try row.next(String.self), try row.next(String?.self), try row.next(String?.self)
                )
                return Record(
                    item: item, vector: readsVectors ? try row.next(Data.self).littleEndianFloats : [],
                    payload: payload, document: document.map(DocumentText.read))
            }
            for record in records {
                found[ByteKey(record.item)] = record
                bytes += record.bytes
            }
            guard bytes <= Limits.answerBytes else { throw Self.answerTooLong }
        }
        return items.compactMap { found[ByteKey($0)] }
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

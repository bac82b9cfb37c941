import HearthCollections
import HearthCore
import HearthVectorStore
import HearthVectors

extension FilterDialect {
    /// `{"$and": [{"brand": {"$eq": "x"}}, …]}`: an object has one member.
    static let chroma = FilterDialect(
        field: "where", joins: ["$and", "$or"],
        operators: ["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin"], hasOneMember: true)
}

/// Which records a request means: `ids`, `where`, `where_document`, `limit`, `offset`.
struct ChromaSelection: Sendable {
    private(set) var selection: CollectionTable.Selection
    /// Whether anything but the place in the list was said.
    let isNarrowed: Bool

    /// - Throws: ``HearthError`` `invalid_request`.
    init(_ fields: RequestFields, of collection: NamedCollection) throws(HearthError) {
        var filters: [VectorFilter] = []
        if let ids = try fields.array("ids") {
            guard ids.count <= Limits.filterItems else {
                throw HearthError(
                    .invalidRequest, "There are \(ids.count) ids.", hint: "At most \(Limits.filterItems).")
            }
            var items: Set<String> = []
            for id in ids { items.insert(try RecordDraft.id(id)) }
            filters.append(.items(items))
        }
        if let condition = fields["where"] {
            filters.append(
                try FilterLanguage.parse(condition, rule: collection.settings.attributes, dialect: .chroma))
        }
        let document = fields["where_document"]
        isNarrowed = !filters.isEmpty || document != nil
        selection = CollectionTable.Selection(
            filter: filters.isEmpty ? .everything : filters.count == 1 ? filters[0] : .all(filters),
            document: nil)
        if let document { selection.document = try ChromaDocumentFilter.read(document) }
        selection.limit = try Self.count(fields, "limit")
        selection.offset = try Self.count(fields, "offset") ?? 0
    }

    private static func count(_ fields: RequestFields, _ name: String) throws(HearthError) -> Int? {
        guard let count = try fields.integer(name) else { return nil }
        guard (0...Int(Int32.max)).contains(count) else {
            throw HearthError(.invalidRequest, "`\(name)` must be a number from 0 on.")
        }
        return count
    }
}

import HearthCollections
import HearthCore
import HearthJSON
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
            var items: [String] = []
            for id in ids { items.append(try RecordDraft.id(id)) }
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

/// Reads Chroma's `where_document`: `{"$contains": "x"}`, `{"$not_contains": "x"}`, `{"$and": […]}`, `{"$or": […]}`.
struct ChromaDocumentFilter {
    private var words: [String] = []

    /// - Throws: ``HearthError`` `invalid_request`.
    static func read(_ value: JSONValue) throws(HearthError) -> DocumentFilter {
        var reader = ChromaDocumentFilter()
        let root = try reader.condition(value)
        return DocumentFilter(words: reader.words, root: root)
    }

    private mutating func condition(_ value: JSONValue) throws(HearthError) -> DocumentFilter.Condition {
        guard let members = value.objectValue?.members, members.count == 1 else { throw Self.malformed }
        let member = members[0]
        switch member.key {
        case "$contains": return try word(member.value)
        case "$not_contains": return .not(try word(member.value))
        case "$and": return .all(try conditions(member.value))
        case "$or": return .any(try conditions(member.value))
        default: throw Self.malformed
        }
    }

    private mutating func conditions(_ value: JSONValue) throws(HearthError) -> [DocumentFilter.Condition] {
        guard let elements = value.arrayValue, !elements.isEmpty else { throw Self.malformed }
        var conditions: [DocumentFilter.Condition] = []
        for element in elements { conditions.append(try condition(element)) }
        return conditions
    }

    private mutating func word(_ value: JSONValue) throws(HearthError) -> DocumentFilter.Condition {
        guard let text = value.stringValue, !text.isEmpty else { throw Self.malformed }
        guard words.count < Limits.documentWords else {
            throw HearthError(
                .invalidRequest, "`where_document` looks for too many texts.",
                hint: "At most \(Limits.documentWords).")
        }
        words.append(text)
        return .contains(words.count - 1)
    }

    private static let malformed = HearthError(
        .invalidRequest, "`where_document` is not understood.",
        hint: "It knows $contains and $not_contains with a text, and $and and $or with a list.")
}

import HearthCollections
import HearthCore
import HearthJSON
import HearthText
import HearthVectorStore

/// Makes whole records of what a request gives and what is there already.
struct ChromaMerge {
    private let collection: NamedCollection
    private let rules: [AttributeRule]
    private let writing: ChromaDoor.Writing
    private var dims: Int?

    /// - Parameter rules: by which attributes are read.
    init(_ collection: NamedCollection, rules: [AttributeRule], _ writing: ChromaDoor.Writing) {
        self.collection = collection
        self.rules = rules
        self.writing = writing
        dims = collection.dims
    }

    /// The records to be stored by a part of the rows of a request; of an id that comes twice, the first counts when
    /// adding, otherwise both in turn.
    /// - Throws: ``HearthError`` for the first row that cannot be stored: nothing is then.
    mutating func records(
        _ rows: ArraySlice<ChromaColumns.Row>, over old: [CollectionTable.Record]
    ) throws -> [CollectionTable.Record] {
        var known = Dictionary(old.map { (ByteKey($0.item), $0) }, uniquingKeysWith: { first, _ in first })
        var changed: [ByteKey] = []
        var isChanged: Set<ByteKey> = []
        for (index, row) in zip(rows.indices, rows) {
            let id = ByteKey(row.id)
            let before = known[id]
            if writing == .add ? before != nil : writing == .update && before == nil { continue }
            let record = try record(row, over: before, place: "records[\(index)]")
            if isChanged.insert(id).inserted { changed.append(id) }
            known[id] = record
        }
        return changed.compactMap { known[$0] }
    }

    private mutating func record(
        _ row: ChromaColumns.Row, over old: CollectionTable.Record?, place: String
    ) throws(HearthError) -> CollectionTable.Record {
        let vector = row.vector ?? old?.vector ?? []
        if let dims, vector.count != dims {
            throw HearthError(
                .invalidRequest, "Collection expecting embedding with dimension of \(dims), got \(vector.count)")
        }
        var payload = try old?.payloadObject() ?? JSONObject()
        let members = row.metadata?.members ?? []
        let removed = Set(members.lazy.filter(\.value.isNull).map { ByteKey($0.key) })
        if !removed.isEmpty { payload.removeAll { removed.contains(ByteKey($0.key)) } }
        for member in members where !member.value.isNull { payload[member.key] = member.value }
        if let uri = row.uri { payload[ChromaColumns.uriKey] = .string(uri) }
        let draft = RecordDraft(
            id: row.id, source: .vector(vector), payload: payload.isEmpty ? nil : payload,
            document: row.document ?? old?.document)
        let record = try draft.record(
            vector: vector, rules: rules, dims: dims, metric: collection.metric, place: place)
        dims = dims ?? vector.count
        return record
    }
}

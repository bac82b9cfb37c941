import HearthCore
import HearthJSON
import HearthVectorStore

/// Input of `collections.records.upsert`.
struct UpsertRecords: Sendable, Codable, SchemaDescribed {
    var collection: String
    var records: [JSONValue]
    var partial: Bool?

    static let fields = [
        "collection": collectionField,
        "records": FieldNote(
            "Objects with `id`, one of `vector` (numbers, or base64 of float32), `text` and `image_base64`, and, "
                + "if wanted, `payload` (an object) and `document` (a text).",
            maxLength: Limits.recordBatch, example: [["id": "a", "vector": [0.1, 0.2], "payload": ["brand": "x"]]],
            schema: ["items": ["type": "object", "required": ["id"], "additionalProperties": true]]),
        "partial": FieldNote("Whether good records are stored although others are bad; otherwise none is."),
    ]
}

/// Output of `collections.records.upsert`.
struct UpsertedRecords: Sendable, Codable, SchemaDescribed {
    var upserted: Int
    var errorCount: Int
    var errors: [ItemProblem]
    var embedMS: Double

    static let fields = [
        "upserted": FieldNote("Records that were stored."),
        "error_count": FieldNote("Records that were not; only with `partial`."),
        "errors": FieldNote("The first \(Limits.shownProblems) of them, with index, id, code, message and hint."),
        "embed_ms": FieldNote("Milliseconds that the model took."),
    ]
}

/// Input of `collections.records.list`.
struct ListRecords: Sendable, Codable, PagedInput {
    var collection: String
    var cursor: String?
    var limit: Int?
    var includeVectors: Bool?

    static let fields = pageFields(
        and: [
            "collection": collectionField, "include_vectors": includeVectorsField, "cursor": nameCursorField,
        ])
}

/// Input of `collections.list`: its cursors are names.
struct ListCollections: Sendable, Codable, PagedInput {
    var cursor: String?
    var limit: Int?

    static let fields = pageFields(and: ["cursor": nameCursorField])
}

private let nameCursorField = FieldNote("`next_cursor` of the page before; absent for the first page.")

/// Input of `collections.records.get`.
struct GetRecords: Sendable, Codable, SchemaDescribed {
    var collection: String
    var ids: [String]
    var includeVectors: Bool?

    static let fields = [
        "collection": collectionField,
        "ids": FieldNote("Ids of records.", maxLength: Limits.recordBatch),
        "include_vectors": includeVectorsField,
    ]
}

/// A record as replies show it.
struct RecordView: Sendable, Codable, SchemaDescribed {
    var id: String
    var payload: JSONValue?
    var document: String?
    var vector: [Float]?

    /// - Throws: ``HearthError`` `internal_error` when the row's payload is no JSON.
    init(_ record: CollectionTable.Record, vector: Bool, payload: Bool = true) throws(HearthError) {
        id = record.item
        if payload {
            self.payload = try record.payloadObject().map(JSONValue.object)
            document = record.document
        }
        if vector { self.vector = record.vector }
    }

    static let fields = [
        "id": FieldNote("Its owner's name for it."), "payload": FieldNote("As it was stored."),
        "document": FieldNote("The text that was stored with it."),
        "vector": FieldNote("The vector as it was sent or made; only when asked for."),
    ]
}

/// Output of `collections.records.get`.
struct RecordList: Sendable, Codable, SchemaDescribed {
    var records: [RecordView]

    static let fields = ["records": FieldNote("In the order of the ids.")]
}

/// Input of `collections.records.delete`.
struct DeleteRecords: Sendable, Codable, SchemaDescribed {
    var collection: String
    var ids: [String]?
    var filter: JSONValue?

    static let fields = [
        "collection": collectionField,
        "ids": FieldNote("Ids of records; those that are missing do not matter.", maxLength: Limits.recordBatch),
        "filter": filterField,
    ]
}

/// Output of `collections.records.delete`.
struct DeletedRecords: Sendable, Codable, SchemaDescribed {
    var deleted: Int

    static let fields = ["deleted": FieldNote("How many were there.")]
}

/// Input of `collections.count`.
struct CountRecords: Sendable, Codable, SchemaDescribed {
    var collection: String
    var filter: JSONValue?

    static let fields = ["collection": collectionField, "filter": filterField]
}

/// Output of `collections.count`.
struct RecordCount: Sendable, Codable, SchemaDescribed {
    var count: Int

    static let fields = ["count": FieldNote("Records that pass the filter.")]
}

let includeVectorsField = FieldNote("Whether vectors are in the reply.")

let filterField = FieldNote(
    "Conditions on attributes, all of which must hold: a value, or an object of eq, ne, gt, gte, lt, lte, in, nin, "
        + "exists; joined by and, or, not.",
    example: ["brand": "x", "price": ["gte": 5, "lt": 10]],
    schema: ["type": "object", "additionalProperties": true, "format": "filter"])

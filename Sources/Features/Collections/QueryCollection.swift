import HearthCore
import HearthJSON

/// Input of `collections.query`.
struct QueryCollection: Sendable, Codable, SchemaDescribed {
    var collection: String
    var vector: JSONValue?
    var vectors: [JSONValue]?
    var id: String?
    var text: String?
    var k: Int?
    var filter: JSONValue?
    var minScore: Double?
    var exact: Bool?
    var includeVectors: Bool?
    var includePayloads: Bool?

    static let fields = [
        "collection": collectionField,
        "vector": FieldNote("What to look for: numbers, or base64 of little-endian float32."),
        "vectors": FieldNote("Several of them; one pass serves all.", minLength: 1, maxLength: Limits.queries),
        "id": FieldNote("Look for what is like this record."),
        "text": FieldNote("Look for what is like this text, by the collection's model.", maxLength: Limits.textBytes),
        "k": FieldNote(
            "Most matches wanted for each query; 10 when absent.", minimum: 1, maximum: Double(Limits.neighbours)),
        "filter": filterField,
        "min_score": FieldNote("Matches below this score are left out."),
        "exact": FieldNote("Whether every vector is compared in float32; otherwise int8 finds the candidates."),
        "include_vectors": includeVectorsField,
        "include_payloads": FieldNote("Whether payloads and documents are in the reply; they are when absent."),
    ]
}

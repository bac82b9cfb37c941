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
        "exact": FieldNote(
            "Compares every vector in float32. Otherwise int8 rules some out first; the answer is the same."),
        "include_vectors": includeVectorsField,
        "include_payloads": FieldNote("Whether payloads and documents are in the reply; they are when absent."),
    ]
}

/// A record that was found.
struct QueryMatch: Sendable, Codable, SchemaDescribed {
    var id: String
    var score: Double
    private var distance: Double
    private var payload: JSONValue?
    private var document: String?
    var vector: [Float]?

    init(_ record: RecordView, score: Float, distance: Double) {
        id = record.id
        self.score = Double(score.description) ?? Double(score)
        self.distance = distance
        payload = record.payload
        document = record.document
        vector = record.vector
    }

    static let fields = [
        "id": FieldNote("Of the record."),
        "score": FieldNote("Greater is closer: cosine, dot product, or minus the squared Euclidean distance."),
        "distance": FieldNote("Smaller is closer: 1 - cosine, 1 - dot product, or the Euclidean distance."),
        "payload": FieldNote("As it was stored."), "document": FieldNote("The text that was stored with it."),
        "vector": FieldNote("Only when asked for."),
    ]
}

/// What one query has found.
struct QueryResult: Sendable, Codable, SchemaDescribed {
    var matches: [QueryMatch]
    var compared: Int

    static let fields = [
        "matches": FieldNote("Closest first."), "compared": FieldNote("Records that passed the filter."),
    ]
}

/// Where the time of a query went.
struct QueryTimings: Sendable, Codable, SchemaDescribed {
    var embedMS: Double
    var searchMS: Double
    var totalMS: Double

    static let fields = [
        "embed_ms": FieldNote("Until the query's vector was there."),
        "search_ms": FieldNote("Comparing, and reading what was found."), "total_ms": FieldNote("Both."),
    ]
}

/// Output of `collections.query`.
struct QueryAnswer: Sendable, Codable, SchemaDescribed {
    var results: [QueryResult]
    var metric: String
    var model: String?
    var timings: QueryTimings

    static let fields = [
        "results": FieldNote("One for each query, in their order."), "metric": FieldNote("Of the collection."),
        "model": FieldNote("That makes vectors of texts and pictures."), "timings": FieldNote("In milliseconds."),
    ]
}

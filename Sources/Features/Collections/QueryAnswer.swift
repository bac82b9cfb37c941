import HearthJSON

/// A record that was found.
struct QueryMatch: Sendable, Codable, SchemaDescribed {
    var id: String
    var score: Double
    var distance: Double
    var payload: JSONValue?
    var document: String?
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

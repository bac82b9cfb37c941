import HearthVectors

/// Input of `collections.create`.
struct CreateCollection: Sendable, Codable, SchemaDescribed {
    var name: String
    var dims: Int?
    var model: String?
    var metric: String?
    var attributes: JSONValue?
    var metadata: JSONValue?
    var getOrCreate: Bool?

    static let fields = [
        "name": FieldNote(
            "Unique within the tenant; letters, digits, dots, dashes and underscores.", minLength: 1,
            example: "products"),
        "dims": FieldNote(
            "Length of the vectors; absent: the model's, or that of the first vector.", minimum: 1,
            maximum: Double(Limits.vectorDims)),
        "model": FieldNote("The model that embeds texts and pictures sent in place of vectors."),
        "metric": FieldNote("`cosine` (when absent), `dot` or `euclidean`."),
        "attributes": FieldNote(
            "Payload fields that filters can look at: names to `text`, `number` or `flag`; or \"auto\" for all.",
            example: ["brand": "text", "price": "number"]),
        "metadata": FieldNote("Your own words about the collection: an object."),
        "get_or_create": FieldNote("Whether an existing collection of this name is given back instead of refused."),
    ]

    func metricChosen() throws(HearthError) -> VectorMetric {
        guard let metric else { return .cosine }
        guard let chosen = VectorMetric(rawValue: metric) else {
            throw HearthError(
                .invalidRequest, "There is no metric \"\(metric.prefix(40))\".",
                hint: "There are: \(VectorMetric.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return chosen
    }
}

/// Input of `collections.list`.
struct ListCollections: Sendable, Codable, SchemaDescribed {
    var cursor: String?
    var limit: Int?

    static let fields = collectionPageFields
}

/// A collection by its id or name.
struct CollectionReference: Sendable, Codable, SchemaDescribed {
    var collection: String

    static let fields = ["collection": collectionField]
}

/// Input of `collections.update`.
struct UpdateCollection: Sendable, Codable, SchemaDescribed {
    var collection: String
    var name: String?
    var attributes: JSONValue?
    var metadata: JSONValue?

    static let fields = [
        "collection": collectionField,
        "name": FieldNote("The new name.", minLength: 1),
        "attributes": FieldNote(
            "The attributes from now on, as for a new collection; those of its records are read anew."),
        "metadata": FieldNote("The new metadata; it replaces the old."),
    ]
}

/// What a deletion of a collection removed.
struct CollectionDeletion: Sendable, Codable, SchemaDescribed {
    var deleted: String
    var recordCount: Int

    static let fields = [
        "deleted": FieldNote("Identifier of the collection."), "record_count": FieldNote("Records that went with it."),
    ]
}

/// A collection as replies show it.
struct CollectionDescription: Sendable, Codable, SchemaDescribed {
    var collectionID: String
    var name: String
    var metric: String
    var dims: Int?
    var model: String?
    var attributes: JSONValue
    var metadata: JSONValue?
    var recordCount: Int?
    var version: Int
    var createdAt: Int

    init(_ collection: NamedCollection, count: Int?) {
        collectionID = collection.id
        name = collection.name
        metric = collection.metric.rawValue
        dims = collection.dims
        model = collection.model?.id
        attributes = collection.settings.attributes.json
        metadata = collection.settings.metadata.map(JSONValue.object)
        recordCount = count
        version = Int(collection.row.version)
        createdAt = Int(collection.settings.createdAt)
    }

    static let fields = [
        "collection_id": FieldNote("Identifier of the collection; every path takes it or the name."),
        "name": FieldNote("Its name."),
        "metric": FieldNote("How vectors are compared: `cosine`, `dot` or `euclidean`."),
        "dims": FieldNote("Length of its vectors; absent as long as none has come."),
        "model": FieldNote("The model that embeds texts and pictures; absent when only vectors are taken."),
        "attributes": FieldNote("Payload fields that filters can look at."),
        "metadata": FieldNote("Its owner's words about it."),
        "record_count": FieldNote("How many records it has; absent in lists."),
        "version": FieldNote("Raised by each change of its records."),
        "created_at": FieldNote("Milliseconds since 1970."),
    ]
}

let collectionField = FieldNote("Identifier or name of a collection.", minLength: 1, example: "products")

let collectionPageFields = [
    "cursor": FieldNote("`next_cursor` of the page before; absent for the first page."),
    "limit": FieldNote(
        "Entries of a page; \(Limits.defaultPageSize) when absent.", minimum: 1, maximum: Double(Limits.pageSize)),
]

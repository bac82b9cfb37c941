package import HearthCore
package import HearthJSON
package import HearthVectorStore
package import HearthVectors

/// A collection that a tenant has made and named.
package struct NamedCollection: Sendable {
    /// As its row says.
    package let row: CollectionTable.Collection
    package let settings: CollectionSettings

    package init(_ row: CollectionTable.Collection) throws(HearthError) {
        self.row = row
        settings = try CollectionSettings(text: row.settings)
    }

    package var id: String { row.id }
    package var name: String { row.name ?? row.id }
    package var metric: VectorMetric { row.metric }
    /// Nil as long as no vector has come.
    package var dims: Int? { row.model.dims == 0 ? nil : row.model.dims }
    /// Of the model that makes its vectors; nil when its owner brings them.
    package var model: ModelIdentity? { row.model.id.isEmpty ? nil : row.model }

    /// How far apart two vectors are, from their score: `1 - cosine`, `1 - dot product`, the Euclidean distance.
    package func distance(_ score: Float) -> Double {
        switch metric {
        case .cosine, .dot: 1 - Double(score)
        case .euclidean: max(-Double(score), 0).squareRoot()
        }
    }
}

/// The rules of names and metadata.
package enum CollectionName {
    /// - Throws: ``HearthError`` `invalid_request`.
    package static func check(_ name: String) throws(HearthError) {
        let isAllowed = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x5F, 0x2D: true
            default: false
            }
        }
        guard isAllowed, (1...Limits.collectionNameBytes).contains(name.utf8.count), !name.hasPrefix("."),
            !Identifier.isValid(name)
        else {
            throw HearthError(
                .invalidRequest, "`name` cannot be the name of a collection.",
                hint: "1 to \(Limits.collectionNameBytes) letters, digits, dots, dashes and underscores of ASCII, "
                    + "no dot at the start, and not an identifier.")
        }
    }

    /// - Throws: ``HearthError`` `invalid_request`.
    package static func metadata(_ value: JSONValue?) throws(HearthError) -> JSONObject? {
        guard let value, !value.isNull else { return nil }
        guard let object = value.objectValue else {
            throw HearthError(.invalidRequest, "`metadata` must be an object.")
        }
        return object
    }
}

/// A collection as replies show it.
struct CollectionDescription: Sendable, Codable, SchemaDescribed {
    private var collectionID: String
    var name: String
    private var metric: String
    var dims: Int?
    private var model: String?
    private var attributes: JSONValue
    private var nextAttributes: JSONValue?
    private var metadata: JSONValue?
    private var recordCount: Int?
    var version: Int
    private var createdAt: Int

    init(_ collection: NamedCollection, count: Int?) {
        collectionID = collection.id
        name = collection.name
        metric = collection.metric.rawValue
        dims = collection.dims
        model = collection.model?.id
        attributes = collection.settings.attributes.json
        nextAttributes = collection.settings.change?.attributes.json
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
        "next_attributes": FieldNote("Those that a change is reading from the records; absent when none is under way."),
        "metadata": FieldNote("Its owner's words about it."),
        "record_count": FieldNote("How many records it has; absent in lists."),
        "version": FieldNote("Raised by each change of its records."),
        "created_at": FieldNote("Milliseconds since 1970."),
    ]
}

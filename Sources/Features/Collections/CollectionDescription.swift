import HearthCore
import HearthJSON
import HearthVectorStore
import HearthVectors

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

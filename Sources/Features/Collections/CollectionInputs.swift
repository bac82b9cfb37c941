import HearthCore
import HearthJSON

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

let collectionField = FieldNote("Identifier or name of a collection.", minLength: 1, example: "products")

let collectionPageFields = [
    "cursor": FieldNote("`next_cursor` of the page before; absent for the first page."),
    "limit": FieldNote(
        "Entries of a page; \(Limits.defaultPageSize) when absent.", minimum: 1, maximum: Double(Limits.pageSize)),
]

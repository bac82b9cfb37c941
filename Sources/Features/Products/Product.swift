import HearthCore
import HearthJSON

/// Something that can be recognised in a picture or found by words.
struct Product: Sendable, Codable, SchemaDescribed {
    var productID: String
    var externalID: String
    var template: String
    var sourceType: String
    var title: String
    var description: String
    /// Flat: names and texts, numbers or flags.
    var attributes: JSONValue
    var images: [ProductImage]
    /// Whether searches find it with all that it is now.
    var isEmbedded: Bool
    /// Why a part of it could not be embedded.
    var embeddingFailure: String?
    var createdAt: Int64
    var updatedAt: Int64

    static let fields = [
        "product_id": FieldNote("Identifier, UUIDv7."),
        "external_id": FieldNote("Your own name for it, unique within the tenant."),
        "attributes": FieldNote("Flat: names with texts, numbers, true or false."),
        "is_embedded": FieldNote("Whether searches find it with all that it is now."),
        "embedding_failure": FieldNote("Why a picture or the text of it could not be embedded."),
        "created_at": FieldNote("Milliseconds since 1970."),
        "updated_at": FieldNote("Milliseconds since 1970."),
    ]
}

/// A picture of a product.
struct ProductImage: Sendable, Codable {
    var imageID: String
    /// Relative to the data folder.
    var path: String
    /// Where the picture is read, relative to the server.
    var url: String
    /// Of the bytes as they were sent.
    var sha256: String
    var bytes: Int
    var format: String
    /// Pixels, as the file's header says.
    var width: Int
    var height: Int
    var createdAt: Int64
}

import HearthCore
import HearthJSON
import HearthJobs
import HearthVectorStore

/// Input of `products.upsert`.
struct UpsertProduct: Sendable, Codable, SchemaDescribed {
    var externalID: String
    var template: String?
    var sourceType: String?
    var title: String?
    var description: String?
    var attributes: JSONValue?
    var wait: Bool?

    static let fields = [
        "external_id": FieldNote(
            "Your own name for the product; the product that has it is changed.", minLength: 1,
            maxLength: Limits.productWord, example: "sku-1042", schema: ["format": "word"]),
        "template": FieldNote(
            "Business template; `default` in a new product.", minLength: 1, maxLength: Limits.productWord,
            example: "grocery", schema: ["format": "word"]),
        "source_type": FieldNote(
            "Where it comes from; `default` in a new product.", minLength: 1, maxLength: Limits.productWord,
            example: "supplier", schema: ["format": "word"]),
        "title": FieldNote(
            "What people call it; embedded with the description.", maxLength: Limits.productTitle,
            example: "Oat drink, 1 l"),
        "description": FieldNote(
            "Embedded behind the title, as far as the model reads.", maxLength: Limits.productDescription),
        "attributes": FlatAttributes.field,
        "wait": JobWaiter.field,
    ]

    func draft() throws(HearthError) -> ProductDraft {
        try ProductDraft(
            externalID: externalID, template: template, sourceType: sourceType, title: title,
            description: description, attributes: attributes)
    }
}

/// Output of `products.upsert`.
struct UpsertedProduct: Sendable, Codable, SchemaDescribed {
    var product: Product
    /// False when the product was there already.
    var isNew: Bool
    /// The job that embeds it; absent when nothing that is embedded has changed.
    var jobID: String?
    var websocketURL: String?
    /// Of the job, when the caller has waited for it.
    var status: JobState?
    /// Why the job has failed, when it has.
    var failure: String?

    static let fields = [
        "is_new": FieldNote("False when a product had this external id already."),
        "job_id": FieldNote("The job that embeds it; absent when nothing that is embedded has changed."),
        "websocket_url": FieldNote("Live progress of the job, relative to the server."),
        "status": FieldNote("State of the job; only with `wait`."),
        "failure": FieldNote("Why the job has failed, when it has; the product stays. Only with `wait`."),
    ]
}

/// A product by its external id or its identifier.
struct ProductReference: Sendable, Codable, SchemaDescribed {
    var product: String

    static let fields = ["product": productField]
}

/// Input of `products.list`.
struct ListProducts: Sendable, Codable, PagedInput {
    var template: String?
    var sourceType: String?
    var filter: JSONValue?
    var cursor: String?
    var limit: Int?

    static let fields = pageFields(and: [
        "template": FieldNote("Only products of this template.", minLength: 1, schema: ["format": "word"]),
        "source_type": FieldNote("Only products of this source type.", minLength: 1, schema: ["format": "word"]),
        "filter": productFilterField,
    ])
}

/// Input of `products.images.add`.
struct AddProductImage: Sendable, Codable, SchemaDescribed {
    var product: String
    var wait: Bool?

    static let fields = ["product": productField, "wait": JobWaiter.field]
}

/// A picture of a product.
struct ProductImageReference: Sendable, Codable, SchemaDescribed {
    var product: String
    var imageID: String

    static let fields = ["product": productField, "image_id": FieldNote("Identifier of a picture.")]
}

/// What a deletion removed.
struct ProductDeletion: Sendable, Codable, SchemaDescribed {
    var deleted: String
    var imageCount: Int

    static let fields = [
        "deleted": FieldNote("Identifier of what was deleted."),
        "image_count": FieldNote("Pictures that were deleted with it."),
    ]
}

let productFilterField = FieldNote(
    "Conditions on attributes, `template` and `source_type`, all of which must hold: a value, or an object of eq, ne, "
        + "gt, gte, lt, lte, in, nin, exists; joined by and, or, not. In a query string as JSON.",
    example: ["brand": "x", "price": ["gte": 5, "lt": 10]],
    schema: ["type": "object", "additionalProperties": true])

let productField = FieldNote("External id or identifier of a product.", minLength: 1, example: "sku-1042")

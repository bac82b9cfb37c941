import Foundation
import HearthCore
package import HearthJSON
package import HearthVectorStore
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
            example: "products", schema: nameSchema),
        "dims": FieldNote(
            "Length of the vectors; absent: the model's, or that of the first vector.", minimum: 1,
            maximum: Double(Limits.vectorDims)),
        "model": FieldNote("The model that embeds texts and pictures sent in place of vectors."),
        "metric": FieldNote(
            "`cosine` (when absent), `dot` or `euclidean`.",
            schema: ["enum": .array(VectorMetric.allCases.map { .string($0.rawValue) })]),
        "attributes": FieldNote(
            "Payload fields that filters can look at: names to `text`, `number` or `flag`; or \"auto\" for all.",
            example: ["brand": "text", "price": "number"], schema: attributesSchema),
        "metadata": FieldNote(
            "Your own data about the collection: an object.",
            schema: ["type": "object", "additionalProperties": true]),
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
        "name": FieldNote("The new name.", minLength: 1, schema: nameSchema),
        "attributes": FieldNote(
            "The attributes from now on, as for a new collection; those of its records are read again first.",
            schema: attributesSchema),
        "metadata": FieldNote(
            "The new metadata; it replaces the old.", schema: ["type": "object", "additionalProperties": true]),
    ]
}

/// What a deletion of a collection removed.
struct CollectionDeletion: Sendable, Codable, SchemaDescribed {
    var deleted: String
    var recordCount: Int

    static let fields = [
        "deleted": FieldNote("Identifier of the collection."),
        "record_count": FieldNote("Records that were deleted with it."),
    ]
}

/// What ``CollectionName`` allows; that it is no identifier is left to it.
private let nameSchema: JSONObject = [
    "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]*$", "maxLength": .int(Int64(Limits.collectionNameBytes)),
]

/// What ``AttributeRule`` reads.
private let attributesSchema: JSONObject = [
    "anyOf": [
        ["const": "auto"], ["type": "null"],
        [
            "type": "object", "maxProperties": .int(Int64(Limits.attributes)),
            "propertyNames": ["format": "attribute-name"],
            "additionalProperties": ["enum": .array(AttributeKind.allCases.map { .string($0.rawValue) })],
        ],
    ]
]

let collectionField = FieldNote("Identifier or name of a collection.", minLength: 1, example: "products")

/// What a named collection's row says of it as JSON.
package struct CollectionSettings: Sendable, Equatable {
    package var attributes: AttributeRule
    /// The owner's own words about it.
    package var metadata: JSONObject?
    /// What a client of another protocol has said of it, to be given back.
    package var foreign: JSONObject?
    /// Milliseconds since 1970.
    package var createdAt: Int64
    /// Attributes that are being read from the records, to take the place of these.
    package var change: AttributeChange?

    package init(
        attributes: AttributeRule, metadata: JSONObject? = nil, foreign: JSONObject? = nil, createdAt: Int64
    ) {
        self.attributes = attributes
        self.metadata = metadata
        self.foreign = foreign
        self.createdAt = createdAt
    }

    /// Reads the text of a row.
    init(text: String?) throws(HearthError) {
        let value = text == nil ? JSONValue.null : try JSONParser.read(Data((text ?? "").utf8))
        attributes = try AttributeRule(value["attributes"])
        metadata = value["metadata"]?.objectValue
        foreign = value["foreign"]?.objectValue
        createdAt = value["created_at"]?.integerValue ?? 0
        if let next = value["change"] {
            change = AttributeChange(
                attributes: try AttributeRule(next["attributes"]), process: next["process"]?.stringValue ?? "",
                id: next["id"]?.stringValue ?? "")
        }
    }

    /// The text of a row.
    /// - Throws: ``HearthError`` `body_too_large`.
    func text() throws(HearthError) -> String {
        var value: JSONValue = ["attributes": attributes.json, "created_at": .int(createdAt)]
        if let metadata { value["metadata"] = .object(metadata) }
        if let foreign { value["foreign"] = .object(foreign) }
        if let change {
            value["change"] = [
                "attributes": change.attributes.json, "process": .string(change.process), "id": .string(change.id),
            ]
        }
        let text = value.encodedText()
        guard text.utf8.count <= Limits.collectionSettingsBytes else {
            throw HearthError(
                .bodyTooLarge, "The collection's metadata is too long.",
                hint: "Settings and metadata have at most \(Limits.collectionSettingsBytes) bytes as JSON.")
        }
        return text
    }
}

import Foundation
import HearthCore
package import HearthJSON
package import HearthVectorStore

/// What a named collection's row says of it as JSON.
package struct CollectionSettings: Sendable, Equatable {
    package var attributes: AttributeRule
    /// The owner's own words about it.
    package var metadata: JSONObject?
    /// What a client of another protocol has said of it, to be given back.
    package var foreign: JSONObject?
    /// Milliseconds since 1970.
    package var createdAt: Int64

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
    }

    /// The text of a row.
    /// - Throws: ``HearthError`` `body_too_large`.
    func text() throws(HearthError) -> String {
        var value: JSONValue = ["attributes": attributes.json, "created_at": .int(createdAt)]
        if let metadata { value["metadata"] = .object(metadata) }
        if let foreign { value["foreign"] = .object(foreign) }
        let text = value.encodedText()
        guard text.utf8.count <= Limits.collectionSettingsBytes else {
            throw HearthError(
                .bodyTooLarge, "The collection's metadata is too long.",
                hint: "Settings and metadata have at most \(Limits.collectionSettingsBytes) bytes as JSON.")
        }
        return text
    }
}

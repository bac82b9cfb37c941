package import HearthCore
package import HearthJSON

/// What a client says of a thing of its own: a flat JSON object within its limits, in its compact text.
package struct FlatAttributes: Sendable, Equatable {
    /// Keys sorted, so that the same attributes are the same text.
    package let text: String

    package let value: JSONValue

    /// No attributes.
    package static let none = FlatAttributes(text: "{}", value: [:])

    private init(text: String, value: JSONValue) {
        self.text = text
        self.value = value
    }

    /// - Throws: ``HearthError`` `invalid_request`.
    package init(_ value: JSONValue) throws(HearthError) {
        guard let object = value.objectValue else { throw Self.refused("must be an object") }
        guard object.count <= Limits.attributes else { throw Self.refused("are too many (\(object.count))") }
        for member in object.members {
            guard (1...Limits.attributeName).contains(member.key.unicodeScalars.count) else {
                throw Self.refused("have a name that is empty or too long")
            }
            switch member.value {
            case .string, .int, .bool: break
            case .double(let number) where number.isFinite: break
            default: throw Self.refused("must be flat: `\(member.key)` is not a text, a number, true or false")
            }
        }
        // Filters know an attribute by its name as a `String`, which has one value for all spellings of a letter.
        guard Set(object.keys).count == object.count else { throw Self.refused("have two spellings of one name") }
        let sorted = JSONValue.object(object.sortedByKey())
        let bytes = sorted.encoded()
        guard bytes.count <= Limits.attributeBytes else { throw Self.refused("have \(bytes.count) bytes") }
        text = String(decoding: bytes, as: UTF8.self)
        self.value = sorted
    }

    private static func refused(_ problem: String) -> HearthError {
        HearthError(
            .invalidRequest, "The `attributes` \(problem).",
            hint: "At most \(Limits.attributes) names with texts, numbers or flags, and "
                + "\(Limits.attributeBytes) bytes in all.")
    }

    /// The field in the schemas of all operations that take them.
    package static let field = FieldNote(
        "Flat: names with texts, numbers, true or false; replaces those that were there.",
        schema: [
            "type": "object", "maxProperties": .int(Int64(Limits.attributes)),
            "propertyNames": ["format": "attribute-name"],
            "additionalProperties": ["type": ["string", "number", "boolean"]],
        ])
}

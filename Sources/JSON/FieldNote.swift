/// What a type says about one of its fields beyond the field's Swift type: shown in the schema, held by validation.
package struct FieldNote: Sendable {
    /// One sentence for people and for language models that call the operation.
    package var description: String
    /// Smallest and largest number allowed.
    package var minimum: Double?
    package var maximum: Double?
    /// Shortest and longest text in Unicode scalars, or fewest and most elements of an array.
    package var minLength: Int?
    package var maxLength: Int?
    package var example: JSONValue?
    /// Members of the schema that the Swift type cannot say, such as `format`, `pattern` and `enum`.
    package var schema: JSONObject

    package init(
        _ description: String, minimum: Double? = nil, maximum: Double? = nil, minLength: Int? = nil,
        maxLength: Int? = nil, example: JSONValue? = nil, schema: JSONObject = [:]
    ) {
        self.description = description
        self.minimum = minimum
        self.maximum = maximum
        self.minLength = minLength
        self.maxLength = maxLength
        self.example = example
        self.schema = schema
    }
}

extension FieldNote {
    /// The schema of a field with this note; nil when a bound has no meaning for the field's type.
    func added(to field: JSONValue) -> JSONValue? {
        var field = field
        let kind = field["type"]?.stringValue
        field["description"] = .string(description)
        if minimum != nil || maximum != nil {
            guard kind == "integer" || kind == "number" else { return nil }
            if let minimum { field["minimum"] = Self.number(minimum) }
            if let maximum { field["maximum"] = Self.number(maximum) }
        }
        if minLength != nil || maxLength != nil {
            guard kind == "string" || kind == "array" else { return nil }
            if let minLength { field[kind == "string" ? "minLength" : "minItems"] = .int(Int64(minLength)) }
            if let maxLength { field[kind == "string" ? "maxLength" : "maxItems"] = .int(Int64(maxLength)) }
        }
        for member in schema.members { field[member.key] = member.value }
        if let example { field["examples"] = [example] }
        return field
    }

    /// A whole number without a fraction, as people write it.
    private static func number(_ value: Double) -> JSONValue {
        Int64(exactly: value).map { .int($0) } ?? .double(value)
    }
}

/// A type that describes and bounds its fields.
package protocol SchemaDescribed {
    /// Notes by snake case key, as in the JSON text.
    static var fields: [String: FieldNote] { get }
}

/// A type that is one string in JSON and accepts only some: the recorder of schemas needs one that it accepts.
package protocol SchemaSampled {
    /// A text that `init(from:)` accepts.
    static var schemaSample: String { get }
}

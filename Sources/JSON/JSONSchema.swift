/// The JSON Schema (2020-12) of a Swift type, read off the type's own `init(from:)`, so that the two cannot differ.
///
/// Build it once an operation: it runs the type's decoding against a recorder.
package struct JSONSchema: Sendable {
    /// The schema as a value, without a `$schema` key: it is meant to be embedded.
    package let json: JSONValue
    /// Top-level keys whose values are bytes in base64 (`Data` properties), for ``JSONParser`` to leave in the body.
    package let largeStrings: Set<String>
    /// Notes that fit no field of their type, as `Type.key`; a programmer's error that a test looks for.
    package let strayNotes: [String]

    /// Records `type`.
    /// - Throws: ``JSONError`` of kind `fault` when the type's decoding cannot be followed: it is recursive, or no
    ///   sample text satisfies it (see ``SchemaSampled``).
    package init<Value: Decodable>(_ type: Value.Type) throws(JSONError) {
        let trail = SchemaTrail()
        do {
            json = try SchemaRecorder.read(type, trail).schema
        } catch let impasse as SchemaTrail.Impasse {
            throw impasse.error
        } catch {
            throw JSONError("\(type) has no schema.", kind: .fault, cause: error)
        }
        strayNotes = trail.strayNotes
        let properties = json["properties"]?.objectValue?.members ?? []
        largeStrings = Set(properties.filter { $0.value["contentEncoding"] == "base64" }.map(\.key))
    }

    /// The schema of `type`.
    /// - Throws: ``JSONError`` of kind `fault`; see ``init(_:)``.
    package static func of<Value: Decodable>(_ type: Value.Type) throws(JSONError) -> JSONValue {
        try JSONSchema(type).json
    }

    /// Notes of `type`, or of a type within it, that fit no field, as `Type.key`.
    /// - Throws: ``JSONError`` of kind `fault`; see ``init(_:)``.
    package static func strayNotes<Value: Decodable>(of type: Value.Type) throws(JSONError) -> [String] {
        try JSONSchema(type).strayNotes
    }

    /// Checks `value` against the bounds of `type`; see ``validate(_:)-(JSONValue)``.
    /// - Throws: ``JSONError``, or `internal_error` from ``init(_:)``.
    package static func validate<Value: Decodable>(
        _ value: JSONValue, against type: Value.Type
    ) throws(JSONError) {
        try JSONSchema(type).validate(value)
    }
}

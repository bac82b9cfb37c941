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
        largeStrings = Self.largeStrings(of: json)
    }

    /// A schema that was read off a type before, and may have been added to since.
    package init(json: JSONValue) {
        self.json = json
        strayNotes = []
        largeStrings = Self.largeStrings(of: json)
    }

    private static func largeStrings(of json: JSONValue) -> Set<String> {
        let properties = json["properties"]?.objectValue?.members ?? []
        return Set(properties.filter { $0.value["contentEncoding"] == "base64" }.map(\.key))
    }

    /// The same schema, with objects that have no other fields than those it names: ``validate(_:)-(JSONValue)``
    /// refuses an unknown one, and names the field that was probably meant.
    package var closed: JSONSchema { JSONSchema(json: Self.closed(json)) }

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

extension JSONSchema {
    /// Checks the bounds of the schema: minimum, maximum, lengths, the words of a text that may be one of a few; if it
    /// is ``closed``, also that no field is unknown.
    /// Types and missing fields are the decoder's matter, which reads the same Swift type.
    /// - Throws: ``JSONError`` naming the field and the allowed range.
    package func validate(_ value: JSONValue) throws(JSONError) {
        try Self.check(value, json, at: .root)
    }

    /// The same for a parsed body; slices are checked by their length in bytes.
    /// - Throws: ``JSONError`` naming the field and the allowed range.
    package func validate(_ document: JSONDocument) throws(JSONError) {
        try validate(document.value)
        for (key, range) in document.slices {
            guard let schema = json["properties"]?[key] else { continue }
            try Self.checkLength(range.count, .characters, schema, at: .key(key, in: .root))
        }
    }

    private static func check(_ value: JSONValue, _ schema: JSONValue, at path: JSONPath) throws(JSONError) {
        switch value {
        case .int, .double: try checkNumber(value, schema, at: path)
        case .string(let text):
            try checkLength(text.unicodeScalars.count, .characters, schema, at: path)
            try checkWord(value, schema, at: path)
        case .array(let array):
            try checkLength(array.count, .elements, schema, at: path)
            guard let items = schema["items"] else { return }
            for (index, element) in array.enumerated() { try check(element, items, at: .index(index, in: path)) }
        case .object(let object):
            let properties = schema["properties"]
            let others = schema["additionalProperties"]
            for member in object.members {
                guard let schema = properties?[member.key] ?? others else { continue }
                guard schema != false else { throw unknown(member.key, properties, in: path) }
                try check(member.value, schema, at: .key(member.key, in: path))
            }
        case .null, .bool: return
        }
    }

    private static func checkWord(_ value: JSONValue, _ schema: JSONValue, at path: JSONPath) throws(JSONError) {
        guard let words = schema["enum"]?.arrayValue, !words.contains(value) else { return }
        throw JSONError("\(path.subject) must be one of: \(JSONWords.list(words)).")
    }

    /// An object gets no other fields, unless the schema says what their values are.
    private static func closed(_ schema: JSONValue) -> JSONValue {
        var schema = schema
        if let items = schema["items"] { schema["items"] = closed(items) }
        if let others = schema["additionalProperties"] {
            schema["additionalProperties"] = closed(others)
        } else if schema["type"] == "object" {
            schema["additionalProperties"] = false
        }
        if let properties = schema["properties"]?.objectValue {
            schema["properties"] = .object(
                properties.members.reduce(into: JSONObject()) { $0[$1.key] = closed($1.value) })
        }
        return schema
    }

    private static func unknown(_ name: String, _ properties: JSONValue?, in path: JSONPath) -> JSONError {
        let allowed = properties?.objectValue?.keys ?? []
        let list = allowed.map { "`\($0)`" }.joined(separator: ", ")
        let place = JSONPath.key(String(name.prefix(longestShownName)), in: path)
        let hint = allowed.isEmpty ? "No fields are allowed here." : "Allowed: \(list)."
        let nearest = NearestName.of(name, among: allowed)
        return JSONError(
            "\(place.subject) is not a known field.", hint: nearest.map { "Did you mean `\($0)`? \(hint)" } ?? hint)
    }

    /// Characters of an unknown name that an error shows.
    private static let longestShownName = 80

    private static func checkNumber(_ value: JSONValue, _ schema: JSONValue, at path: JSONPath) throws(JSONError) {
        let minimum = schema["minimum"]
        let maximum = schema["maximum"]
        guard isLess(value, than: minimum) || isLess(maximum, than: value) else { return }
        throw JSONError("\(path.subject) must be \(range(minimum, maximum)).")
    }

    /// Integers are compared exactly: as doubles, large neighbours are equal.
    private static func isLess(_ left: JSONValue?, than right: JSONValue?) -> Bool {
        guard let left, let right else { return false }
        if case .int(let left) = left, case .int(let right) = right { return left < right }
        guard let left = left.doubleValue, let right = right.doubleValue else { return false }
        return left < right
    }

    /// What a length counts, and under which keys the schema bounds it.
    private enum Unit {
        case characters, elements

        var keys: (minimum: String, maximum: String) {
            self == .characters ? ("minLength", "maxLength") : ("minItems", "maxItems")
        }
    }

    private static func checkLength(
        _ length: Int, _ unit: Unit, _ schema: JSONValue, at path: JSONPath
    ) throws(JSONError) {
        let minimum = schema[unit.keys.minimum]
        let maximum = schema[unit.keys.maximum]
        let length = JSONValue.int(Int64(length))
        guard isLess(length, than: minimum) || isLess(maximum, than: length) else { return }
        let what = unit == .characters ? "characters" : "elements"
        throw JSONError("\(path.subject) must have \(range(minimum, maximum)) \(what).")
    }

    private static func range(_ minimum: JSONValue?, _ maximum: JSONValue?) -> String {
        switch (minimum, maximum) {
        case (let minimum?, let maximum?):
            minimum == maximum
                ? "exactly \(minimum.encodedText())"
                : "between \(minimum.encodedText()) and \(maximum.encodedText())"
        case (let minimum?, nil): "at least \(minimum.encodedText())"
        case (nil, let maximum?): "at most \(maximum.encodedText())"
        case (nil, nil): "any"
        }
    }
}

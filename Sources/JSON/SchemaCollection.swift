/// Collections and optionals: described by their elements, of which the recorder needs none.
protocol SchemaCollection {
    /// The schema, with that of the elements.
    static func schema(_ trail: SchemaTrail) throws -> JSONValue
    static var empty: Self { get }
}

extension Array: SchemaCollection where Element: Decodable {
    static var empty: [Element] { [] }

    static func schema(_ trail: SchemaTrail) throws -> JSONValue {
        ["type": "array", "items": try SchemaRecorder.read(Element.self, trail).schema]
    }
}

extension Set: SchemaCollection where Element: Decodable {
    static var empty: Set<Element> { [] }

    static func schema(_ trail: SchemaTrail) throws -> JSONValue { try [Element].schema(trail) }
}

extension Dictionary: SchemaCollection where Key == String, Value: Decodable {
    static var empty: [String: Value] { [:] }

    static func schema(_ trail: SchemaTrail) throws -> JSONValue {
        ["type": "object", "additionalProperties": try SchemaRecorder.read(Value.self, trail).schema]
    }
}

extension Optional: SchemaCollection where Wrapped: Decodable {
    static var empty: Wrapped? { nil }

    static func schema(_ trail: SchemaTrail) throws -> JSONValue {
        try SchemaRecorder.read(Wrapped.self, trail).schema
    }
}

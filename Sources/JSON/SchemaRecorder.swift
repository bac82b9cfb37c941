/// A decoder that has no data: it notes what a type asks for and answers with samples.
final class SchemaRecorder: Decoder {
    /// A field that was asked for.
    struct Field {
        var name: String
        var schema: () -> JSONValue
        var isOptional: Bool
    }

    /// What the type has turned out to be so far.
    enum Shape {
        case untouched
        case object([Field])
        case array(() -> JSONValue)
        case single(JSONValue)
    }

    let trail: SchemaTrail
    /// The text that answers each request for a string.
    let text: String
    var shape: Shape = .untouched
    var optionalNames: Set<String> = []

    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    init(_ trail: SchemaTrail, text: String) {
        self.trail = trail
        self.text = text
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        if case .untouched = shape { shape = .object([]) }
        return KeyedDecodingContainer(SchemaKeyedContainer<Key>(recorder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { SchemaUnkeyedContainer(recorder: self) }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { SchemaSingleContainer(recorder: self) }

    /// Notes a field; asked for twice it stays what it was first.
    func add(_ name: String, _ schema: @escaping () -> JSONValue) {
        guard case .object(var fields) = shape, !fields.contains(where: { $0.name == name }) else { return }
        fields.append(Field(name: name, schema: schema, isOptional: optionalNames.contains(name)))
        shape = .object(fields)
    }

    /// The schema of what was recorded.
    func schema() -> JSONValue {
        switch shape {
        case .untouched: return ["type": "object"]
        case .single(let schema): return schema
        case .array(let items): return ["type": "array", "items": items()]
        case .object(let fields):
            var schema: JSONValue = ["type": "object"]
            schema["properties"] = .object(
                fields.reduce(into: JSONObject()) { $0[$1.name] = $1.schema() })
            let required = fields.filter { !$0.isOptional }.map { JSONValue.string($0.name) }
            if !required.isEmpty { schema["required"] = .array(required) }
            return schema
        }
    }
}

extension SchemaRecorder {
    /// The schema of `type` and some value of it.
    static func read<Value: Decodable>(
        _ type: Value.Type, _ trail: SchemaTrail, text: String? = nil
    ) throws -> (schema: JSONValue, sample: Value) {
        if let text, let sample = text as? Value { return (String.schema, sample) }
        if let scalar = type as? any JSONScalar.Type, let sample = scalar.sample as? Value {
            return (scalar.schema, sample)
        }
        if let collection = type as? any SchemaCollection.Type, let sample = collection.empty as? Value {
            return (try collection.schema(trail), sample)
        }
        if let words = JSONWords.of(type), let list = type as? any CaseIterable.Type,
            let first = first(of: list) as? Value
        {
            let isText = words.allSatisfy { $0.stringValue != nil }
            return (["type": isText ? "string" : "integer", "enum": .array(words)], first)
        }
        return try trail.entering(type) { try record(type, trail) }
    }

    private static func first<Words: CaseIterable>(of type: Words.Type) -> Words? { type.allCases.first }

    /// Runs the type's own decoding, with one sample text after the other until it is content.
    private static func record<Value: Decodable>(
        _ type: Value.Type, _ trail: SchemaTrail
    ) throws -> (schema: JSONValue, sample: Value) {
        var failure: (any Error)?
        for text in SchemaTrail.samples(for: type) {
            let recorder = SchemaRecorder(trail, text: text)
            do {
                let sample = try Value(from: recorder)
                return (trail.annotate(recorder.schema(), with: type), sample)
            } catch let impasse as SchemaTrail.Impasse {
                throw impasse
            } catch {
                failure = error
            }
        }
        throw SchemaTrail.Impasse(
            "\(type) accepts none of the sample texts: conform it to SchemaSampled.", cause: failure)
    }
}

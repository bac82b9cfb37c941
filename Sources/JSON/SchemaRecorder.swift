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

/// Notes each key that a type asks for.
///
/// A key is optional when the type first asks whether it is there, as `decodeIfPresent` does through the two methods
/// below.
struct SchemaKeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let recorder: SchemaRecorder

    var codingPath: [any CodingKey] { recorder.codingPath }
    var allKeys: [Key] { [] }

    func contains(_ key: Key) -> Bool {
        recorder.optionalNames.insert(name(key))
        return true
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        recorder.optionalNames.insert(name(key))
        return false
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let (schema, sample) = try SchemaRecorder.read(type, recorder.trail, text: recorder.text)
        recorder.add(name(key)) { schema }
        return sample
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try superDecoder(forKey: key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try superDecoder(forKey: key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { nested("super") }

    func superDecoder(forKey key: Key) throws -> any Decoder { nested(name(key)) }

    private func name(_ key: Key) -> String { JSONKey.snake(key.stringValue) }

    /// A recorder for a container within this type: what it becomes is known only when the type has been read.
    private func nested(_ name: String) -> SchemaRecorder {
        let nested = SchemaRecorder(recorder.trail, text: recorder.text)
        recorder.add(name) { nested.schema() }
        return nested
    }
}

/// An array of one element, which stands for all.
struct SchemaUnkeyedContainer: UnkeyedDecodingContainer {
    private let recorder: SchemaRecorder
    var currentIndex = 0

    var codingPath: [any CodingKey] { recorder.codingPath }
    var count: Int? { nil }
    var isAtEnd: Bool { currentIndex > 0 }

    init(recorder: SchemaRecorder) { self.recorder = recorder }

    mutating func decodeNil() throws -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (schema, sample) = try SchemaRecorder.read(type, recorder.trail, text: recorder.text)
        add { schema }
        return sample
    }

    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try superDecoder().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try superDecoder().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder {
        let element = SchemaRecorder(recorder.trail, text: recorder.text)
        add { element.schema() }
        return element
    }

    private mutating func add(_ items: @escaping () -> JSONValue) {
        currentIndex += 1
        if case .untouched = recorder.shape { recorder.shape = .array(items) }
    }
}

/// One value that a type decodes in place of itself.
struct SchemaSingleContainer: SingleValueDecodingContainer {
    let recorder: SchemaRecorder

    var codingPath: [any CodingKey] { recorder.codingPath }

    func decodeNil() -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (schema, sample) = try SchemaRecorder.read(type, recorder.trail, text: recorder.text)
        if case .untouched = recorder.shape { recorder.shape = .single(schema) }
        return sample
    }
}

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

/// What the recorders of one schema share: the types under way and the notes that fit nowhere.
final class SchemaTrail {
    /// Another sample would not help.
    struct Impasse: Error {
        let error: JSONError

        init(_ message: String, cause: (any Error)? = nil) {
            error = JSONError(message, kind: .fault, cause: cause)
        }
    }

    private(set) var strayNotes: [String] = []
    private var underWay: [ObjectIdentifier] = []

    init() {}

    /// Runs `body` with `type` under way.
    /// - Throws: ``Impasse`` when it is under way already.
    func entering<Result>(_ type: Any.Type, _ body: () throws -> Result) throws -> Result {
        let identifier = ObjectIdentifier(type)
        guard !underWay.contains(identifier) else {
            throw Impasse("\(type) contains itself: such a type has no schema here.")
        }
        underWay.append(identifier)
        defer { underWay.removeLast() }
        return try body()
    }

    /// Texts that types with a form of their own are likely to accept, the most plain one first.
    static func samples(for type: Any.Type) -> [String] {
        let usual = ["", "a", "0", "01890a5d-ac96-774b-bcce-b302099a8057", "2026-01-01T00:00:00Z", "http://localhost"]
        return (type as? any SchemaSampled.Type).map { [$0.schemaSample] + usual } ?? usual
    }

    /// Adds the notes of a described type to its schema.
    func annotate(_ schema: JSONValue, with type: Any.Type) -> JSONValue {
        guard let described = type as? any SchemaDescribed.Type else { return schema }
        var properties = schema["properties"]?.objectValue ?? JSONObject()
        for (key, note) in described.fields.sorted(by: { $0.key < $1.key }) {
            guard let field = properties[key], let annotated = note.added(to: field) else {
                let stray = "\(type).\(key)"
                if !strayNotes.contains(stray) { strayNotes.append(stray) }
                continue
            }
            properties[key] = annotated
        }
        var schema = schema
        if !properties.isEmpty { schema["properties"] = .object(properties) }
        return schema
    }
}

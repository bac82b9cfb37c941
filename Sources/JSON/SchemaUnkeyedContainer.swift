/// An array of one element, which stands for all.
struct SchemaUnkeyedContainer: UnkeyedDecodingContainer {
    let recorder: SchemaRecorder
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

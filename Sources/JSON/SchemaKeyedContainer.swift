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

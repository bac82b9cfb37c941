/// Writes the members of an object.
struct JSONKeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: JSONSlot
    let codingPath: [any CodingKey]
    let keepsKeys: Bool

    mutating func encodeNil(forKey key: Key) throws { slot.append(name(key), .null) }

    mutating func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        slot.append(name(key), try JSONValueEncoder.write(value, keys: codingPath + [key]))
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        writer(name(key)).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        writer(name(key)).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder { writer("super") }

    mutating func superEncoder(forKey key: Key) -> any Encoder { writer(name(key)) }

    private func name(_ key: Key) -> String { keepsKeys ? key.stringValue : JSONKey.snake(key.stringValue) }

    private func writer(_ name: String) -> JSONWriter {
        let member = JSONSlot()
        slot.append(name, member)
        return JSONWriter(slot: member, codingPath: codingPath + [JSONKey(name)], keepsKeys: false)
    }
}

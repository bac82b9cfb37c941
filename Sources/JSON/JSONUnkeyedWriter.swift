/// Writes the elements of an array.
struct JSONUnkeyedWriter: UnkeyedEncodingContainer {
    let slot: JSONSlot
    let codingPath: [any CodingKey]

    var count: Int { slot.count }

    mutating func encodeNil() throws { slot.append(.null) }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        slot.append(try JSONValueEncoder.write(value, keys: codingPath + [JSONKey(index: count)]))
    }

    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        writer().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { writer().unkeyedContainer() }

    mutating func superEncoder() -> any Encoder { writer() }

    private func writer() -> JSONWriter {
        let path = codingPath + [JSONKey(index: count)]
        let element = JSONSlot()
        slot.append(element)
        return JSONWriter(slot: element, codingPath: path, keepsKeys: false)
    }
}

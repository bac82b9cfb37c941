/// Writes one value in place of its type.
struct JSONSingleWriter: SingleValueEncodingContainer {
    let slot: JSONSlot
    let codingPath: [any CodingKey]

    mutating func encodeNil() throws { slot.set(.null) }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        slot.set(try JSONValueEncoder.write(value, keys: codingPath))
    }
}

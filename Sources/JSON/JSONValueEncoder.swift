/// Encodable types to a ``JSONValue``: snake case keys in the order of the properties, dictionaries sorted by key.
package enum JSONValueEncoder {
    /// Encodes `value`; `Data` becomes base64, nil properties are left out.
    /// - Throws: ``JSONError`` of kind `fault` when the type cannot be encoded.
    package static func encode(_ value: some Encodable) throws(JSONError) -> JSONValue {
        do {
            return try write(value, keys: [])
        } catch let error as JSONError {
            throw error
        } catch {
            throw JSONError("A value could not be written as JSON.", kind: .fault, cause: error)
        }
    }

    static func write<Value: Encodable>(_ value: Value, keys: [any CodingKey]) throws -> JSONValue {
        // The common ones first: these comparisons are free when the type is known to the compiler.
        if Value.self == String.self, let text = value as? String { return .string(text) }
        if Value.self == Int.self, let integer = value as? Int { return .int(Int64(integer)) }
        if Value.self == Double.self, let number = value as? Double { return .double(number) }
        if Value.self == Bool.self, let truth = value as? Bool { return .bool(truth) }
        if let scalar = value as? any JSONScalar { return scalar.json }
        let slot = JSONSlot()
        let isDictionary = Value.self is any JSONDictionary.Type
        try value.encode(to: JSONWriter(slot: slot, codingPath: keys, keepsKeys: isDictionary))
        // An unordered dictionary would give another text each time.
        if isDictionary, case .object(let object) = slot.value { return .object(object.sortedByKey()) }
        return slot.value
    }
}

/// The standard library's view of the slot that a value is written to.
struct JSONWriter: Encoder {
    let slot: JSONSlot
    let codingPath: [any CodingKey]
    /// True for dictionaries, whose keys are data.
    let keepsKeys: Bool

    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        slot.becomeObject()
        return KeyedEncodingContainer(JSONKeyedWriter<Key>(slot: slot, codingPath: codingPath, keepsKeys: keepsKeys))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        slot.becomeArray()
        return JSONUnkeyedWriter(slot: slot, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        JSONSingleWriter(slot: slot, codingPath: codingPath)
    }
}

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

/// Writes one value in place of its type.
struct JSONSingleWriter: SingleValueEncodingContainer {
    let slot: JSONSlot
    let codingPath: [any CodingKey]

    mutating func encodeNil() throws { slot.set(.null) }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        slot.set(try JSONValueEncoder.write(value, keys: codingPath))
    }
}

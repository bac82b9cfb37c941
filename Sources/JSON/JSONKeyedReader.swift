import struct Foundation.Data

/// The members of an object under the names of Swift's properties.
struct JSONKeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let object: JSONObject
    let path: JSONPath
    let slices: JSONDocument?
    let keepsKeys: Bool

    var codingPath: [any CodingKey] { path.codingPath }

    /// The keys that the type knows; a dictionary knows all.
    var allKeys: [Key] {
        let names = object.keys + (slices.map { Array($0.slices.keys) } ?? [])
        if keepsKeys { return names.compactMap { Key(stringValue: $0) } }
        return names.compactMap { Key(stringValue: $0) ?? Key(stringValue: JSONKey.camel($0)) }
    }

    func contains(_ key: Key) -> Bool {
        let name = name(key)
        return object[name] != nil || slices?.slices[name] != nil
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        let name = name(key)
        if slices?.slices[name] != nil { return false }
        return try member(name).isNull
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let name = name(key)
        let place = JSONPath.key(name, in: path)
        if let slices, slices.slices[name] != nil {
            if type == Data.self, let bytes = try slices.base64(name) as? Value { return bytes }
            return try JSONValueDecoder.read(type, .string(slices.text(name) ?? ""), at: place)
        }
        return try JSONValueDecoder.read(type, member(name), at: place)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try superDecoder(forKey: key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try superDecoder(forKey: key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        JSONReader(value: object["super"] ?? .null, path: .key("super", in: path))
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        let name = name(key)
        return JSONReader(value: try member(name), path: .key(name, in: path))
    }

    private func name(_ key: Key) -> String { keepsKeys ? key.stringValue : JSONKey.snake(key.stringValue) }

    private func member(_ name: String) throws(JSONError) -> JSONValue {
        guard let value = object[name] else {
            throw JSONError("\(JSONPath.key(name, in: path).subject) is required.")
        }
        return value
    }
}

/// The elements of an array.
struct JSONUnkeyedReader: UnkeyedDecodingContainer {
    let array: [JSONValue]
    let path: JSONPath
    var currentIndex = 0

    var codingPath: [any CodingKey] { path.codingPath }
    var count: Int? { array.count }
    var isAtEnd: Bool { currentIndex >= array.count }

    init(array: [JSONValue], path: JSONPath) {
        self.array = array
        self.path = path
    }

    mutating func decodeNil() throws -> Bool {
        guard try element().isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value = try JSONValueDecoder.read(type, element(), at: .index(currentIndex, in: path))
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try superDecoder().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try superDecoder().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder {
        let reader = JSONReader(value: try element(), path: .index(currentIndex, in: path))
        currentIndex += 1
        return reader
    }

    private func element() throws -> JSONValue {
        guard !isAtEnd else { throw String.mismatch(path, "an array of more than \(array.count) elements") }
        return array[currentIndex]
    }
}

/// The standard library's view of one ``JSONValue`` while a type is decoded from it.
struct JSONReader: Decoder {
    let value: JSONValue
    private let path: JSONPath
    /// The body, when this is its root and has slices.
    let slices: JSONDocument?
    /// True for dictionaries, whose keys are data.
    private let keepsKeys: Bool

    var codingPath: [any CodingKey] { path.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(value: JSONValue, path: JSONPath, slices: JSONDocument? = nil, keepsKeys: Bool = false) {
        self.value = value
        self.path = path
        self.slices = slices
        self.keepsKeys = keepsKeys
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let object = value.objectValue else { throw String.mismatch(path, "an object") }
        return KeyedDecodingContainer(
            JSONKeyedReader<Key>(object: object, path: path, slices: slices, keepsKeys: keepsKeys))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let array = value.arrayValue else { throw String.mismatch(path, "an array") }
        return JSONUnkeyedReader(array: array, path: path)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        JSONSingleReader(value: value, path: path)
    }
}

/// The elements of an array.
struct JSONUnkeyedReader: UnkeyedDecodingContainer {
    let array: [JSONValue]
    private let path: JSONPath
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

/// One value that a type decodes in place of itself.
struct JSONSingleReader: SingleValueDecodingContainer {
    let value: JSONValue
    let path: JSONPath

    var codingPath: [any CodingKey] { path.codingPath }

    func decodeNil() -> Bool { value.isNull }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONValueDecoder.read(type, value, at: path)
    }
}

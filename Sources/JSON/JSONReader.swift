/// The standard library's view of one ``JSONValue`` while a type is decoded from it.
struct JSONReader: Decoder {
    let value: JSONValue
    let path: JSONPath
    /// The body, when this is its root and has slices.
    let slices: JSONDocument?
    /// True for dictionaries, whose keys are data.
    let keepsKeys: Bool

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

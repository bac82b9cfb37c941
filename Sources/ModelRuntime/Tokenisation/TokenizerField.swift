import HearthCore
import HearthJSON

/// One value of a `tokenizer.json` and where it stands, so that errors can name it.
struct TokenizerField {
    let document: TokenizerDocument
    let node: Int
    /// As a person would write it, such as "model.vocab"; empty for the whole file.
    let path: String

    var kind: JSONNode.Kind { document.nodes[node].kind }

    /// - Throws: always; `invalid_configuration`.
    func refusal(_ reason: String, hint: String? = nil) -> HearthError {
        HearthError(.invalidConfiguration, "tokenizer.json: \(path.isEmpty ? "the file" : path) \(reason).", hint: hint)
    }

    /// The member of an object; nil when it is missing or null. The last of a repeated key counts.
    func optional(_ key: String) throws(HearthError) -> TokenizerField? {
        guard kind == .object else { throw refusal("is not an object") }
        var found: Int?
        var buffer: [UInt8] = []
        forEachMember { keyNode, valueNode in
            document.read(keyNode, into: &buffer)
            if buffer.elementsEqual(key.utf8) { found = valueNode }
        }
        guard let found, document.nodes[found].kind != .null else { return nil }
        return TokenizerField(document: document, node: found, path: path.isEmpty ? key : "\(path).\(key)")
    }

    func required(_ key: String) throws(HearthError) -> TokenizerField {
        guard let field = try optional(key) else { throw refusal("has no \"\(key)\"") }
        return field
    }

    /// The elements of an array.
    func elements() throws(HearthError) -> [TokenizerField] {
        guard kind == .array else { throw refusal("is not an array") }
        var fields: [TokenizerField] = []
        forEachElement { node in
            fields.append(TokenizerField(document: document, node: node, path: "\(path)[\(fields.count)]"))
        }
        return fields
    }

    func bytes() throws(HearthError) -> [UInt8] {
        guard document.nodes[node].isString else { throw refusal("is not a string") }
        var buffer: [UInt8] = []
        document.read(node, into: &buffer)
        return buffer
    }

    func string() throws(HearthError) -> String { String(decoding: try bytes(), as: UTF8.self) }

    func bool() throws(HearthError) -> Bool {
        switch kind {
        case .true: return true
        case .false: return false
        default: throw refusal("is neither true nor false")
        }
    }

    /// A whole number from 0 to `maximum`.
    func integer(maximum: Int) throws(HearthError) -> Int {
        guard let value = document.integer(node), value <= maximum else {
            throw refusal("is not a whole number from 0 to \(maximum)")
        }
        return value
    }

    /// A token id.
    func identifier() throws(HearthError) -> Int32 {
        Int32(try integer(maximum: Limits.tokenizerVocabulary - 1))
    }

    /// Calls `body` with the nodes of each key and its value, in order; nothing when this is no object.
    func forEachMember<Failure: Error>(_ body: (Int, Int) throws(Failure) -> Void) throws(Failure) {
        guard kind == .object else { return }
        let end = Int(document.nodes[node].next)
        var key = node + 1
        while key < end {
            try body(key, key + 1)
            key = Int(document.nodes[key + 1].next)
        }
    }

    /// Calls `body` with the node of each element, in order; nothing when this is no array.
    func forEachElement<Failure: Error>(_ body: (Int) throws(Failure) -> Void) throws(Failure) {
        guard kind == .array else { return }
        let end = Int(document.nodes[node].next)
        var element = node + 1
        while element < end {
            try body(element)
            element = Int(document.nodes[element].next)
        }
    }
}

extension TokenizerDocument {
    /// A number without sign, point and exponent; nil for all else.
    func integer(_ node: Int) -> Int? {
        guard nodes[node].kind == .integer else { return nil }
        var value = 0
        for byte in bytes[nodes[node].range] {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), value < 1 << 53 else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return value
    }
}

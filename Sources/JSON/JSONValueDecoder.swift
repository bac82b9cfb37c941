/// Decodable types from a ``JSONValue``: snake case keys, integers exact, errors that name the field.
package enum JSONValueDecoder {
    /// Decodes `type`; unknown keys are ignored, `null` is the same as absent for an optional.
    /// - Throws: ``JSONError`` such as "`k` must be an integer.", or what `type` itself throws
    ///   when that is a ``JSONError``.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from value: JSONValue
    ) throws(JSONError) -> Value {
        try read(type, value, at: .root, slices: nil)
    }

    /// The same from a parsed body: `Data` properties take their bytes straight from the body's slices.
    /// - Throws: ``JSONError``.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from document: JSONDocument
    ) throws(JSONError) -> Value {
        try read(type, document.value, at: .root, slices: document.slices.isEmpty ? nil : document)
    }

    static func read<Value: Decodable>(
        _ type: Value.Type, _ value: JSONValue, at path: JSONPath, slices: JSONDocument? = nil
    ) throws(JSONError) -> Value {
        if let scalar = try scalar(type, value, at: path) { return scalar }
        let reader = JSONReader(value: value, path: path, slices: slices, keepsKeys: type is any JSONDictionary.Type)
        do {
            return try Value(from: reader)
        } catch {
            if let words = JSONWords.of(type) {
                throw JSONError("\(path.subject) must be one of: \(JSONWords.list(words)).", cause: error)
            }
            throw (error as? JSONError) ?? Self.error(error, at: path)
        }
    }

    /// The value of a type that is one JSON value; nil for every other type.
    @inline(__always)
    private static func scalar<Value>(
        _ type: Value.Type, _ value: JSONValue, at path: JSONPath
    ) throws(JSONError) -> Value? {
        // The common ones first: these comparisons are free when the type is known to the compiler.
        if type == String.self { return try String.read(value, at: path) as? Value }
        if type == Int.self { return try Int.read(value, at: path) as? Value }
        if type == Double.self { return try Double.read(value, at: path) as? Value }
        if type == Bool.self { return try Bool.read(value, at: path) as? Value }
        guard let scalar = type as? any JSONScalar.Type else { return nil }
        return try scalar.read(value, at: path) as? Value
    }

    /// What the standard library or a type's own initialiser throws, in Hearth's words.
    private static func error(_ error: any Error, at path: JSONPath) -> JSONError {
        guard let error = error as? DecodingError else {
            return JSONError("\(path.subject) is not valid.", cause: error)
        }
        switch error {
        case .keyNotFound(let key, let context):
            let name = text(context.codingPath + [key])
            return JSONError("`\(name)` is required.", cause: error)
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            let name = text(context.codingPath)
            let subject = name.isEmpty ? path.subject : "`\(name)`"
            return JSONError("\(subject) is not valid: \(context.debugDescription)", cause: error)
        @unknown default:
            return JSONError("\(path.subject) is not valid.", cause: error)
        }
    }

    private static func text(_ codingPath: [any CodingKey]) -> String {
        let path = codingPath.reduce(JSONPath.root) { parent, key in
            key.intValue.map { .index($0, in: parent) } ?? .key(JSONKey.snake(key.stringValue), in: parent)
        }
        return path.text
    }
}

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

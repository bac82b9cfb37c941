import Foundation

/// A Swift type that is one JSON value: how it is read, written and described, in one place.
protocol JSONScalar: Sendable {
    /// Its JSON schema.
    static var schema: JSONValue { get }
    /// Some value of it.
    static var sample: Self { get }
    /// Reads it.
    /// - Throws: ``JSONError`` that names the field.
    static func read(_ value: JSONValue, at path: JSONPath) throws(JSONError) -> Self
    /// Writes it.
    var json: JSONValue { get }
}

extension JSONScalar {
    static func mismatch(_ path: JSONPath, _ expected: String) -> JSONError {
        JSONError("\(path.subject) must be \(expected).")
    }
}

extension Bool: JSONScalar {
    static var schema: JSONValue { ["type": "boolean"] }
    static var sample: Bool { false }
    var json: JSONValue { .bool(self) }

    static func read(_ value: JSONValue, at path: JSONPath) throws(JSONError) -> Bool {
        guard let value = value.boolValue else { throw mismatch(path, "true or false") }
        return value
    }
}

extension String: JSONScalar {
    static var schema: JSONValue { ["type": "string"] }
    static var sample: String { "" }
    var json: JSONValue { .string(self) }

    static func read(_ value: JSONValue, at path: JSONPath) throws(JSONError) -> String {
        guard let value = value.stringValue else { throw mismatch(path, "a string") }
        return value
    }
}

extension Double: JSONScalar {
    static var schema: JSONValue { ["type": "number"] }
    static var sample: Double { 0 }
    var json: JSONValue { .double(self) }

    static func read(_ value: JSONValue, at path: JSONPath) throws(JSONError) -> Double {
        guard let value = value.doubleValue else { throw mismatch(path, "a number") }
        return value
    }
}

extension Float: JSONScalar {
    static var schema: JSONValue { Double.schema }
    static var sample: Float { 0 }
    /// The shortest decimal number that reads back as this float, not its 17 digits as a double.
    package var json: JSONValue { .double(Double(description) ?? Double(self)) }

    static func read(_ value: JSONValue, at path: JSONPath) throws(JSONError) -> Float {
        let number = Float(try Double.read(value, at: path))
        guard number.isFinite else { throw mismatch(path, "a number that fits 32 bits") }
        return number
    }
}

extension Data: JSONScalar {
    static var schema: JSONValue { ["type": "string", "contentEncoding": "base64"] }
    static var sample: Data { Data() }
    var json: JSONValue { .string(base64EncodedString()) }

    static func read(_ value: JSONValue, at path: JSONPath) throws(JSONError) -> Data {
        guard let text = value.stringValue else { throw mismatch(path, "a string in base64") }
        return try Base64.decode(text, field: path.text)
    }
}

extension UUID: JSONScalar {
    static var schema: JSONValue { ["type": "string", "format": "uuid"] }
    static var sample: UUID { UUID() }
    var json: JSONValue { .string(uuidString.lowercased()) }

    static func read(_ value: JSONValue, at path: JSONPath) throws(JSONError) -> UUID {
        guard let uuid = value.stringValue.flatMap(UUID.init(uuidString:)) else { throw mismatch(path, "a UUID") }
        return uuid
    }
}

extension JSONValue: JSONScalar {
    static var schema: JSONValue { .object(JSONObject()) }
    static var sample: JSONValue { .null }
    var json: JSONValue { self }

    static func read(_ value: JSONValue, at path: JSONPath) throws(JSONError) -> JSONValue { value }
}

extension JSONScalar where Self: FixedWidthInteger {
    /// An integer with the range of its type, as far as that is narrower than JSON's 64 bits.
    static var schema: JSONValue {
        var schema: JSONValue = ["type": "integer"]
        if let minimum = Int64(exactly: min), minimum > Int64.min { schema["minimum"] = .int(minimum) }
        if let maximum = Int64(exactly: max), maximum < Int64.max { schema["maximum"] = .int(maximum) }
        return schema
    }

    static var sample: Self { 0 }

    var json: JSONValue { Int64(exactly: self).map { .int($0) } ?? .double(Double(self)) }

    static func read(_ value: JSONValue, at path: JSONPath) throws(JSONError) -> Self {
        guard let integer = value.integerValue else { throw mismatch(path, "an integer") }
        guard let exact = Self(exactly: integer) else { throw mismatch(path, "an integer between \(min) and \(max)") }
        return exact
    }
}

extension Int: JSONScalar {}
extension Int8: JSONScalar {}
extension Int16: JSONScalar {}
extension Int32: JSONScalar {}
extension Int64: JSONScalar {}
extension UInt: JSONScalar {}
extension UInt8: JSONScalar {}
extension UInt16: JSONScalar {}
extension UInt32: JSONScalar {}
extension UInt64: JSONScalar {}

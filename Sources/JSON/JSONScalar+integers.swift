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

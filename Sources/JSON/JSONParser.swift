package import struct Foundation.Data

/// A strict RFC 8259 parser: one pass over the bytes, bounded in depth and in number of values.
///
/// Refused: duplicate keys (also when they differ only in Unicode normalisation), invalid UTF-8, lone surrogates,
/// control characters in strings, integers beyond 64 bits, numbers beyond a double, anything after the value.
package struct JSONParser {
    /// Values of one text: each may cost a hundred bytes of memory for as few as three bytes of text.
    package static let maximumValues = 250_000

    /// Nesting of arrays and objects; deeper input is refused before it can exhaust a stack.
    package static let maximumDepth = 32

    let bytes: UnsafeRawBufferPointer
    let maximumDepth: Int
    let maximumValues: Int
    let largeStrings: Set<String>
    var position = 0
    var values = 0
    var slices: [String: Range<Int>] = [:]

    init(
        _ bytes: UnsafeRawBufferPointer, maximumDepth: Int, maximumValues: Int = Self.maximumValues,
        largeStrings: Set<String>
    ) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.maximumValues = maximumValues
        self.largeStrings = largeStrings
    }

    /// Parses one JSON value.
    /// - Throws: ``JSONError``; the message has the offset of the byte.
    package static func parse(_ bytes: Data, maximumDepth: Int = Self.maximumDepth) throws(JSONError) -> JSONValue {
        try bytes.withBytes { bytes throws(JSONError) in try parse(bytes, maximumDepth: maximumDepth) }
    }

    /// Parses one JSON value.
    /// - Throws: ``JSONError``; the message has the offset of the byte.
    package static func parse(
        _ bytes: UnsafeRawBufferPointer, maximumDepth: Int = Self.maximumDepth,
        maximumValues: Int = Self.maximumValues
    ) throws(JSONError) -> JSONValue {
        var parser = JSONParser(
            bytes, maximumDepth: maximumDepth, maximumValues: maximumValues, largeStrings: [])
        return try parser.text()
    }

    /// Parses a request body and leaves the strings of `largeStrings` (top-level keys) where they are, as slices.
    ///
    /// A large string with a backslash in it, as some writers escape `/`, becomes an ordinary string of `value`.
    /// A slice is not checked: its reader (base64, text) does that.
    /// - Throws: ``JSONError``; the message has the offset of the byte.
    package static func document(
        _ body: Data, largeStrings: Set<String> = [], maximumDepth: Int = Self.maximumDepth,
        maximumValues: Int = Self.maximumValues
    ) throws(JSONError) -> JSONDocument {
        try body.withBytes { bytes throws(JSONError) in
            var parser = JSONParser(
                bytes, maximumDepth: maximumDepth, maximumValues: maximumValues, largeStrings: largeStrings)
            let value = try parser.text()
            return JSONDocument(value: value, slices: parser.slices, body: body)
        }
    }

    /// Valid UTF-8 without control characters as a string, otherwise nil.
    static func text(_ bytes: UnsafeRawBufferPointer) -> String? {
        var smallest: UInt8 = 0xFF
        for byte in bytes { smallest = min(smallest, byte) }
        guard smallest >= 0x20 else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension JSONParser {
    private mutating func text() throws(JSONError) -> JSONValue {
        skipWhitespace()
        guard position < bytes.count else { throw JSONError("The JSON text is empty.") }
        let value = try value(depth: 0)
        skipWhitespace()
        guard position == bytes.count else { throw failure("something follows the value") }
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        values += 1
        guard values <= maximumValues else { throw failure("more than \(maximumValues) values") }
        guard let first = peek() else { throw failure("the text ends where a value should be") }
        switch first {
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw failure("no value starts with this character")
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        try enter(depth)
        var object = JSONObject()
        skipWhitespace()
        if take(UInt8(ascii: "}")) { return object }
        while true {
            skipWhitespace()
            guard peek() == UInt8(ascii: "\"") else { throw failure("a key in quotes should be here") }
            let start = position
            let key = try string()
            guard slices[key] == nil || depth > 1 else { throw failure("the key is there twice", at: start) }
            skipWhitespace()
            guard take(UInt8(ascii: ":")) else { throw failure("a colon should be here") }
            skipWhitespace()
            if depth == 1, largeStrings.contains(key), object[key] == nil, let range = slice() {
                slices[key] = range
            } else {
                let value = try value(depth: depth)
                guard object.insert(key, value) else { throw failure("the key is there twice", at: start) }
            }
            skipWhitespace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "}")) else { throw failure("a comma or a closing brace should be here") }
            return object
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        try enter(depth)
        var array: [JSONValue] = []
        skipWhitespace()
        if take(UInt8(ascii: "]")) { return array }
        while true {
            skipWhitespace()
            array.append(try value(depth: depth))
            skipWhitespace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "]")) else { throw failure("a comma or a closing bracket should be here") }
            return array
        }
    }

    private mutating func enter(_ depth: Int) throws(JSONError) {
        guard depth <= maximumDepth else { throw failure("nested deeper than \(maximumDepth) levels") }
        position += 1
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let length = word.utf8CodeUnitCount
        guard bytes.count - position >= length,
            bytes[position..<position + length].elementsEqual(
                UnsafeBufferPointer(start: word.utf8Start, count: length))
        else { throw failure("the only words are true, false and null") }
        position += length
        return value
    }
}

extension JSONParser {
    @inline(__always)
    func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    @inline(__always)
    mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    func failure(_ reason: String, at offset: Int? = nil) -> JSONError {
        JSONError("The JSON is malformed at byte \(offset ?? position): \(reason).")
    }
}

import HearthText

package import struct Foundation.Data

/// A strict RFC 8259 parser: makes values of what ``JSONScanner`` finds, in time linear in the bytes.
///
/// Refused: duplicate keys (compared by their bytes, once escapes are resolved), keys beyond ``maximumKeyBytes``,
/// invalid UTF-8, lone surrogates, control characters in strings, long runs of combining marks, integers beyond 64
/// bits, numbers beyond a double, anything after the value.
package struct JSONParser {
    /// Values of one text: each may cost a hundred bytes of memory for as few as three bytes of text.
    package static let maximumValues = 250_000
    /// Values of one text that have a key, where more values are allowed: each takes some ten times as long as a number
    /// of a list.
    package static let maximumMembers = 500_000
    /// Nesting of arrays and objects; deeper input is refused before it can exhaust a stack.
    package static let maximumDepth = 32
    /// Bytes of a key. A dictionary of `String` with such keys costs the square of this at worst.
    package static let maximumKeyBytes = 512

    private let bytes: UnsafeRawBufferPointer
    private let nodes: [JSONNode]
    private let largeStrings: Set<String>
    private var slices: [String: Range<Int>] = [:]

    private init(
        _ bytes: UnsafeRawBufferPointer, maximumDepth: Int, maximumValues: Int, largeStrings: Set<String>
    ) throws(JSONError) {
        self.bytes = bytes
        self.largeStrings = largeStrings
        nodes = try JSONScanner.scan(
            bytes, maximumDepth: maximumDepth, maximumValues: maximumValues, maximumMembers: Self.maximumMembers)
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
        var parser = try JSONParser(
            bytes, maximumDepth: maximumDepth, maximumValues: maximumValues, largeStrings: [])
        return try parser.value(0)
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
            var parser = try JSONParser(
                bytes, maximumDepth: maximumDepth, maximumValues: maximumValues, largeStrings: largeStrings)
            let value = try parser.value(0)
            return JSONDocument(value: value, slices: parser.slices, body: body)
        }
    }

    /// Valid UTF-8 without control characters and long runs of combining marks as a string, otherwise nil.
    static func text(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard !hasControlCharacters(bytes) else { return nil }
        return String(clientText: bytes)
    }

    private static func hasControlCharacters(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var smallest: UInt8 = 0xFF
        for byte in bytes { smallest = min(smallest, byte) }
        return smallest < 0x20
    }
}

extension JSONParser {
    private mutating func value(_ index: Int) throws(JSONError) -> JSONValue {
        let node = nodes[index]
        switch node.kind {
        case .object: return .object(try object(index))
        case .array: return .array(try array(index))
        case .string, .escapedString: return .string(try string(node))
        case .integer: return .int(try integer(node))
        case .decimal: return .double(try double(node))
        case .true: return .bool(true)
        case .false: return .bool(false)
        case .null: return .null
        }
    }

    private mutating func object(_ index: Int) throws(JSONError) -> JSONObject {
        var object = JSONObject(minimumCapacity: Int(nodes[index].count))
        let end = Int(nodes[index].next)
        var member = index + 1
        while member < end {
            let key = try key(nodes[member])
            let isNew: Bool
            // Only the keys at the top can name a large string; the first node is the top.
            if index == 0, let name = largeStrings.first(where: { ByteKey.isSame($0, key) }) {
                isNew = try insert(name, member + 1, to: &object)
            } else {
                isNew = object.insert(key, try value(member + 1))
            }
            guard isNew else { throw failure("the key is there twice", nodes[member]) }
            member = Int(nodes[member + 1].next)
        }
        return object
    }

    /// Notes where the large string `name` lies, or adds it to `object` when it cannot be read in place; false when it
    /// is there already.
    private mutating func insert(
        _ name: String, _ index: Int, to object: inout JSONObject
    ) throws(JSONError) -> Bool {
        guard slices[name] == nil, object[name] == nil else { return false }
        guard nodes[index].kind == .string else { return object.insert(name, try value(index)) }
        slices[name] = nodes[index].range
        return true
    }

    private mutating func array(_ index: Int) throws(JSONError) -> [JSONValue] {
        var array: [JSONValue] = []
        array.reserveCapacity(Int(nodes[index].count))
        let end = Int(nodes[index].next)
        var element = index + 1
        while element < end {
            array.append(try value(element))
            element = Int(nodes[element].next)
        }
        return array
    }

    private func key(_ node: JSONNode) throws(JSONError) -> String {
        let key = try string(node)
        guard key.utf8.count <= Self.maximumKeyBytes else {
            throw failure("the key is longer than \(Self.maximumKeyBytes) bytes", node)
        }
        return key
    }

    private func string(_ node: JSONNode) throws(JSONError) -> String {
        let raw = raw(node)
        if node.kind == .string {
            if let text = Self.text(raw) { return text }
        } else if !Self.hasControlCharacters(raw) {
            var buffer: [UInt8] = []
            JSONScanner.unescape(raw, into: &buffer)
            if let text = String(clientText: buffer) { return text }
        }
        throw failure(
            "the string has a bare control character, is not valid UTF-8, or \(CombiningMarks.problem)", node)
    }

    private func integer(_ node: JSONNode) throws(JSONError) -> Int64 {
        let isNegative = bytes[Int(node.start)] == UInt8(ascii: "-")
        var value: Int64 = 0
        for byte in raw(node).dropFirst(isNegative ? 1 : 0) {
            let digit = Int64(byte - 0x30)
            let (shifted, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (next, carried) =
                isNegative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
            guard !overflowed, !carried else { throw failure("the integer does not fit 64 bits", node) }
            value = next
        }
        return value
    }

    private func double(_ node: JSONNode) throws(JSONError) -> Double {
        guard let value = Double(String(decoding: raw(node), as: UTF8.self)), value.isFinite else {
            throw failure("the number does not fit a double", node)
        }
        return value
    }

    private func raw(_ node: JSONNode) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[node.range]) }

    private func failure(_ reason: String, _ node: JSONNode) -> JSONError {
        // A string is known by its opening quote.
        let offset = Int(node.start) - (node.isString ? 1 : 0)
        return JSONError("The JSON is malformed at byte \(offset): \(reason).")
    }
}

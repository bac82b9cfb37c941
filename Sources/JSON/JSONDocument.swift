package import struct Foundation.Data

/// A parsed body: its values, and where in it the large strings lie that were not copied out.
package struct JSONDocument: Sendable {
    /// The body as a value, without the members listed in `slices`.
    package var value: JSONValue
    /// Byte ranges of large top-level strings, without their quotes, counted from the first byte of `body`.
    package var slices: [String: Range<Int>]
    /// The bytes that `slices` point into.
    package var body: Data

    package init(value: JSONValue, slices: [String: Range<Int>] = [:], body: Data = Data()) {
        self.value = value
        self.slices = slices
        self.body = body
    }

    /// The bytes of the large string `key`, decoded from base64; nil when there is no such slice.
    /// - Throws: ``JSONError`` when the text is not base64.
    package func base64(_ key: String) throws(JSONError) -> Data? {
        guard let range = slices[key] else { return nil }
        return try bytes(range) { bytes throws(JSONError) in try Base64.decode(bytes, field: key) }
    }

    /// The large string `key` as text; nil when there is no such slice.
    /// - Throws: ``JSONError`` when it is not valid text.
    package func text(_ key: String) throws(JSONError) -> String? {
        guard let range = slices[key] else { return nil }
        return try bytes(range) { bytes throws(JSONError) in
            guard let text = JSONParser.text(bytes) else {
                throw JSONError(
                    "`\(key)` has control characters, is not valid UTF-8, or \(CombiningMarks.problem).")
            }
            return text
        }
    }

    private func bytes<Result>(
        _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(JSONError) -> Result
    ) throws(JSONError) -> Result {
        try self.body.withBytes { bytes throws(JSONError) in
            guard range.lowerBound >= 0, range.upperBound <= bytes.count else {
                throw JSONError("A slice lies outside of its body.", kind: .fault)
            }
            return try body(UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
    }
}

/// One value or key of a JSON text, where it stands in it: what ``JSONScanner`` finds.
///
/// The nodes of a text are a flat list in document order. An array is followed by the nodes of its elements, an object
/// by those of its members, each a key (a string) and its value; `next` leads past all that a node holds.
package struct JSONNode: Sendable {
    /// What a node is.
    package enum Kind: UInt8, Sendable {
        case object
        case array
        /// Without escapes: its bytes stand in the text.
        case string
        case escapedString
        /// A number with neither fraction nor exponent.
        case integer
        /// A number with a fraction or an exponent.
        case decimal
        case `true`
        case `false`
        case null
    }

    package let kind: Kind
    /// Offset of its first byte; of a string, of the one behind its quote.
    package let start: UInt32
    /// Bytes of a scalar, of a string those between its quotes; elements of an array; members of an object.
    package internal(set) var count: UInt32
    /// Index of the first node behind this one and all that it holds.
    package internal(set) var next: UInt32

    package var isString: Bool { kind == .string || kind == .escapedString }
    package var isNumber: Bool { kind == .integer || kind == .decimal }
    /// Where the bytes of a scalar stand in the text.
    package var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
}

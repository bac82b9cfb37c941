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
                throw JSONError("`\(key)` has control characters or is not valid UTF-8.")
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

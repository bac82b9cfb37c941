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
    /// - Throws: ``HearthError`` `invalid_request` when the text is not base64.
    package func base64(_ key: String) throws(HearthError) -> Data? {
        guard let range = slices[key] else { return nil }
        return try bytes(range) { bytes throws(HearthError) in try Base64.decode(bytes, field: key) }
    }

    /// The large string `key` as text; nil when there is no such slice.
    /// - Throws: ``HearthError`` `invalid_request` when it is not valid text.
    package func text(_ key: String) throws(HearthError) -> String? {
        guard let range = slices[key] else { return nil }
        return try bytes(range) { bytes throws(HearthError) in
            guard let text = JSONParser.text(bytes) else {
                throw HearthError(.invalidRequest, "`\(key)` has control characters or is not valid UTF-8.")
            }
            return text
        }
    }

    private func bytes<Result>(
        _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(HearthError) -> Result
    ) throws(HearthError) -> Result {
        try self.body.withBytes { bytes throws(HearthError) in
            guard range.lowerBound >= 0, range.upperBound <= bytes.count else {
                throw HearthError(.internalError, "A slice lies outside of its body.")
            }
            return try body(UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
    }
}

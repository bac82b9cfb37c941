/// How an answer is packed on its way (RFC 9110, section 8.4.1).
package enum ContentCoding: String, Sendable, CaseIterable {
    /// Deflate with the header of RFC 1952.
    case gzip
    /// Deflate with the header of RFC 1950.
    case deflate
}

/// Packs answers.
package protocol ContentDeflater: Sendable {
    /// A stream for one answer.
    /// - Throws: ``HearthError`` `internal_error` when there is no memory for it.
    func stream(_ coding: ContentCoding) throws(HearthError) -> any DeflateStream
}

/// One answer on its way through a ``ContentDeflater``.
package protocol DeflateStream: AnyObject {
    /// Packs some bytes.
    /// - Parameter isLast: no more come.
    /// - Returns: what is ready; the rest comes with later calls, and all of it with the last one.
    /// - Throws: ``HearthError`` `internal_error`.
    func pack(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws(HearthError) -> [UInt8]
}

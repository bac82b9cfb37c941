package import struct Foundation.Data

/// Unpacks what deflate has packed (RFC 1951, without a header).
package protocol Inflater: Sendable {
    /// - Parameter count: bytes that must come out; never more are written.
    /// - Throws: ``HearthError`` `invalid_request` when the bytes are damaged or another number of them comes out.
    func inflate(_ packed: Data, to count: Int) throws(HearthError) -> Data
}

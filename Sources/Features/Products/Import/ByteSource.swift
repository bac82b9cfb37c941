import HearthCore

import struct Foundation.Data

/// Bytes that are read here and there, never all at once.
protocol ByteSource: Sendable {
    var count: Int { get }

    /// The bytes of a range that lies within the source.
    /// - Throws: ``HearthError`` `storage_unavailable`, `not_found`.
    func bytes(_ range: Range<Int>) async throws -> Data
}

/// Bytes in memory.
struct MemorySource: ByteSource {
    let data: Data

    /// A copy that begins at index 0, whatever it was cut from.
    init(_ data: Data) { self.data = Data(data) }

    var count: Int { data.count }

    func bytes(_ range: Range<Int>) async throws -> Data { Data(data[range]) }
}

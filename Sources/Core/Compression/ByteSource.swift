package import struct Foundation.Data

/// Bytes that are read here and there, never all at once.
package protocol ByteSource: Sendable {
    /// How many there are.
    var count: Int { get }

    /// The bytes of a range that lies within the source.
    /// - Throws: ``HearthError`` `storage_unavailable`, `not_found`.
    func bytes(_ range: Range<Int>) async throws -> Data
}

/// Bytes in memory.
package struct MemorySource: ByteSource {
    private let data: Data

    /// A copy that begins at index 0, whatever it was cut from.
    package init(_ data: Data) { self.data = Data(data) }

    package var count: Int { data.count }

    /// Bytes of the memory; the range must lie in it.
    package func bytes(_ range: Range<Int>) async throws -> Data { Data(data[range]) }
}

/// The bytes of an open file of a ``BlobStore``.
package struct BlobSource: ByteSource {
    private let reader: any BlobReader

    /// Reads from a file, which stays open as long as the source is kept.
    package init(_ reader: any BlobReader) { self.reader = reader }

    package var count: Int { reader.size }

    /// Bytes of the file.
    package func bytes(_ range: Range<Int>) async throws -> Data {
        let bytes = try await reader.read(range)
        guard bytes.count == range.count else {
            throw HearthError(.storageUnavailable, "A file has become shorter.")
        }
        return bytes
    }
}

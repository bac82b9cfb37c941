import HearthJSON
import HearthText

package import struct Foundation.Data

/// The entries of a zip file (APPNOTE 6.3.10), told by its central directory alone: stored or deflated, checked before
/// anything is unpacked.
///
/// Refused as a whole: encrypted entries, other methods, names that leave the folder, symbolic links, two entries of
/// one name, entries that overlap or are many times as long as what they are packed in, and more than the limits.
package struct ZipArchive: Sendable {
    /// A file in the archive.
    package struct Entry: Sendable {
        /// A plain relative path.
        package let name: String
        /// Of its local header.
        let offset: Int
        let packed: Int
        /// Bytes when it is unpacked, as the directory says; what comes out is compared with it.
        package let length: Int
        let crc: UInt32
        let isDeflated: Bool
    }

    /// What an archive may hold.
    package struct Bounds: Sendable {
        /// Entries, folders among them.
        package var entries: Int
        /// Bytes of an entry that is unpacked in memory …
        package var deflatedBytes: Int
        /// … and of one that lies there as it is.
        package var storedBytes: Int

        /// Bounds for one use of archives.
        package init(
            entries: Int = Limits.zipEntries, deflatedBytes: Int = Limits.zipEntryBytes,
            storedBytes: Int = Limits.zipEntryBytes
        ) {
            self.entries = entries
            self.deflatedBytes = deflatedBytes
            self.storedBytes = storedBytes
        }
    }

    /// In the order of the directory.
    package let entries: [Entry]
    private let source: any ByteSource
    private let inflater: any Inflater
    private let places: [ByteKey: Int]

    /// Reads and checks the directory.
    /// - Throws: ``HearthError`` `invalid_request`, what storage throws.
    package init(_ source: any ByteSource, inflater: any Inflater, bounds: Bounds = Bounds()) async throws {
        self.source = source
        self.inflater = inflater
        let end = try await ZipDirectory.end(of: source, bounds)
        let directory = try await source.bytes(end.directory)
        entries = try ZipDirectory.entries(directory, count: end.entries, before: end.directory.lowerBound, bounds)
        places = Dictionary(
            entries.enumerated().map { (ByteKey($1.name), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The entry of a name; nil: there is none.
    package subscript(name: String) -> Entry? { places[ByteKey(name)].map { entries[$0] } }

    /// Unpacks an entry in memory.
    /// - Throws: ``HearthError`` `invalid_request` when it is damaged.
    package func bytes(of entry: Entry) async throws -> Data {
        let packed = try await read(start(of: entry), entry.packed)
        let bytes = entry.isDeflated ? try inflater.inflate(packed, to: entry.length) : packed
        guard bytes.count == entry.length, bytes.withUnsafeBytes({ CRC32.checksum($0) }) == entry.crc else {
            throw Self.damaged(entry)
        }
        return bytes
    }

    /// The bytes of an entry piece by piece; of one that is packed, in one piece.
    ///
    /// Whether they are whole is known at the end: reading throws `invalid_request` behind the last of them otherwise.
    package func pieces(of entry: Entry) -> Pieces { Pieces(archive: self, entry: entry) }

    /// The pieces of one entry.
    package struct Pieces: AsyncSequence, Sendable {
        package typealias Element = Data

        fileprivate let archive: ZipArchive
        fileprivate let entry: Entry

        /// Begins to read the entry.
        package func makeAsyncIterator() -> Iterator { Iterator(archive: archive, entry: entry) }

        /// Reads one piece after the other.
        package struct Iterator: AsyncIteratorProtocol {
            fileprivate let archive: ZipArchive
            fileprivate let entry: Entry
            /// Where the rest lies; nil before the first piece.
            fileprivate var rest: Range<Int>?
            fileprivate var sum = CRC32.Sum()

            /// The next piece; nil behind the last one.
            /// - Throws: ``HearthError`` `invalid_request` for an entry that is damaged; what storage throws.
            package mutating func next() async throws -> Data? {
                guard !entry.isDeflated else {
                    guard rest == nil, entry.length > 0 else { return nil }
                    rest = 0..<0
                    return try await archive.bytes(of: entry)
                }
                let start = try await rest == nil ? archive.start(of: entry) : 0
                let open = rest ?? start..<start + entry.length
                guard !open.isEmpty else {
                    guard sum.value == entry.crc else { throw ZipArchive.damaged(entry) }
                    return nil
                }
                let piece = try await archive.read(open.lowerBound, Swift.min(open.count, Limits.fileChunk))
                piece.withUnsafeBytes { sum.update($0) }
                rest = open.dropFirst(piece.count)
                return piece
            }
        }
    }

    /// Where the bytes of an entry begin, behind its own head.
    private func start(of entry: Entry) async throws -> Int {
        let header = try await read(entry.offset, 30)
        guard ZipDirectory.word(header, 0, UInt32.self) == 0x0403_4B50 else { throw Self.damaged(entry) }
        let names = Int(ZipDirectory.word(header, 26, UInt16.self)) + Int(ZipDirectory.word(header, 28, UInt16.self))
        return entry.offset + 30 + names
    }

    private func read(_ offset: Int, _ count: Int) async throws -> Data {
        guard offset >= 0, count >= 0, offset <= source.count - count else {
            throw HearthError(.invalidRequest, "The zip file is cut off.")
        }
        return try await source.bytes(offset..<offset + count)
    }

    private static func damaged(_ entry: Entry) -> HearthError {
        HearthError(.invalidRequest, "`\(entry.name.prefix(100))` is damaged in the zip file.")
    }
}

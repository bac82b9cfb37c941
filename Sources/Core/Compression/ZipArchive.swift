import HearthCore
import HearthJSON
import HearthText

import struct Foundation.Data

/// The entries of a zip file (APPNOTE 6.3.10), told by its central directory alone: stored or deflated, checked before
/// anything is unpacked.
///
/// Refused as a whole: encrypted entries, other methods, names that leave the folder, symbolic links, two entries of
/// one name, entries that overlap or are many times as long as what they are packed in, and more than the limits.
struct ZipArchive: Sendable {
    /// A file in the archive.
    struct Entry: Sendable {
        let name: String
        /// Of its local header.
        let offset: Int
        let packed: Int
        let length: Int
        let crc: UInt32
        let isDeflated: Bool
    }

    let entries: [Entry]
    private let source: any ByteSource
    private let inflater: any Inflater
    private let places: [ByteKey: Int]

    /// Reads and checks the directory.
    /// - Throws: ``HearthError`` `invalid_request`, what storage throws.
    init(_ source: any ByteSource, inflater: any Inflater) async throws {
        self.source = source
        self.inflater = inflater
        let end = try await ZipDirectory.end(of: source)
        let directory = try await source.bytes(end.directory)
        entries = try ZipDirectory.entries(directory, count: end.entries, before: end.directory.lowerBound)
        places = Dictionary(
            entries.enumerated().map { (ByteKey($1.name), $0) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(name: String) -> Entry? { places[ByteKey(name)].map { entries[$0] } }

    /// Unpacks an entry.
    /// - Throws: ``HearthError`` `invalid_request` when it is damaged.
    func bytes(of entry: Entry) async throws -> Data {
        let header = try await read(entry.offset, 30)
        guard ZipDirectory.word(header, 0, UInt32.self) == 0x0403_4B50 else { throw Self.damaged(entry) }
        let names = Int(ZipDirectory.word(header, 26, UInt16.self)) + Int(ZipDirectory.word(header, 28, UInt16.self))
        let packed = try await read(entry.offset + 30 + names, entry.packed)
        let bytes = entry.isDeflated ? try inflater.inflate(packed, to: entry.length) : packed
        guard bytes.count == entry.length, bytes.withUnsafeBytes({ CRC32.checksum($0) }) == entry.crc else {
            throw Self.damaged(entry)
        }
        return bytes
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

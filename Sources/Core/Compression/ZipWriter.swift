package import struct Foundation.Data

/// Makes a zip file (APPNOTE 6.3.10) of stored entries, one after the other: what it returns is sent or written at once,
/// and only the list of entries is kept.
///
///     var zip = ZipWriter()
///     out(try zip.begin("a.png"))
///     for piece in pieces { out(zip.add(piece)) }
///     out(try zip.end())
///     out(try zip.directory())
package struct ZipWriter: Sendable {
    private struct Entry: Sendable {
        let name: String
        var crc: UInt32 = 0
        var bytes: UInt32 = 0
        let offset: UInt32
    }

    private var entries: [Entry] = []
    private var open: (entry: Entry, sum: CRC32.Sum, bytes: Int)?
    private var offset = 0

    /// The version of zip that is needed to unpack it; names are UTF-8 and sums follow their entries.
    private static let head: [UInt16] = [20, 0x0808]
    /// No compression, and the first moment that a zip file can hold, 1 January 1980.
    private static let method: [UInt16] = [0, 0, 0x0021]
    /// Header and sum around the bytes of an entry, without its name.
    private static let frame = 30 + 16
    /// A line of the directory, without the name.
    private static let line = 46
    private static let ending = 22

    package init() {}

    /// Bytes of a whole zip file.
    /// - Returns: nil for more than a zip file without extensions can hold: 4 GB, 65,535 entries.
    package static func size(of entries: [(name: String, bytes: Int)]) -> Int? {
        guard entries.count < Int(UInt16.max) else { return nil }
        var sum = ending
        for entry in entries {
            let (next, overflow) = sum.addingReportingOverflow(entry.bytes)
            guard !overflow, entry.bytes >= 0 else { return nil }
            sum = next + frame + line + 2 * entry.name.utf8.count
        }
        return sum <= Int(UInt32.max) ? sum : nil
    }

    /// The head of the next entry.
    /// - Throws: ``HearthError`` `unprocessable_content` beyond what a zip file can hold.
    package mutating func begin(_ name: String) throws(HearthError) -> Data {
        guard let place = UInt32(exactly: offset), entries.count < Int(UInt16.max) else { throw Self.tooLarge() }
        open = (Entry(name: name, offset: place), CRC32.Sum(), 0)
        var part = Data()
        part.append(number: 0x0403_4B50 as UInt32)
        for word in Self.head + Self.method { part.append(number: word) }
        // Sum and sizes follow the bytes.
        part.append(Data(count: 12))
        part.append(number: UInt16(name.utf8.count))
        part.append(number: 0 as UInt16)
        part.append(contentsOf: Array(name.utf8))
        offset += part.count
        return part
    }

    /// Bytes of the entry, as they are.
    package mutating func add(_ piece: Data) -> Data {
        piece.withUnsafeBytes { open?.sum.update($0) }
        open?.bytes += piece.count
        offset += piece.count
        return piece
    }

    /// What follows the bytes of an entry.
    /// - Throws: as ``begin(_:)``.
    package mutating func end() throws(HearthError) -> Data {
        guard let (begun, sum, bytes) = open, let count = UInt32(exactly: bytes) else { throw Self.tooLarge() }
        var entry = begun
        (entry.crc, entry.bytes) = (sum.value, count)
        entries.append(entry)
        open = nil
        var part = Data()
        for word in [0x0807_4B50, entry.crc, entry.bytes, entry.bytes] as [UInt32] { part.append(number: word) }
        offset += part.count
        return part
    }

    /// The list of all entries, which ends the file.
    /// - Throws: as ``begin(_:)``.
    package func directory() throws(HearthError) -> Data {
        guard let place = UInt32(exactly: offset) else { throw Self.tooLarge() }
        var part = Data()
        for entry in entries {
            part.append(number: 0x0201_4B50 as UInt32)
            for word in [Self.head[0]] + Self.head + Self.method { part.append(number: word) }
            for word in [entry.crc, entry.bytes, entry.bytes] { part.append(number: word) }
            part.append(number: UInt16(entry.name.utf8.count))
            // No extra field, no comment, first volume, no attributes.
            part.append(Data(count: 12))
            part.append(number: entry.offset)
            part.append(contentsOf: Array(entry.name.utf8))
        }
        let bytes = UInt32(part.count)
        part.append(number: 0x0605_4B50 as UInt32)
        part.append(number: 0 as UInt32)
        for _ in 0..<2 { part.append(number: UInt16(entries.count)) }
        part.append(number: bytes)
        part.append(number: place)
        part.append(number: 0 as UInt16)
        return part
    }

    private static func tooLarge() -> HearthError {
        HearthError(.unprocessable, "It does not fit into a zip file.", hint: "At most 4 GB and 65,534 files.")
    }
}

extension Data {
    /// Appends a little-endian number.
    fileprivate mutating func append(number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}

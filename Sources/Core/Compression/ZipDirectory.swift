import HearthJSON
import HearthText

import struct Foundation.Data

/// Reads the central directory of a zip file and refuses what is not safe to unpack.
enum ZipDirectory {
    /// Where the directory lies.
    struct End: Equatable {
        let entries: Int
        let directory: Range<Int>
    }

    /// A little-endian number; 0 beyond the end, which no signature is.
    static func word<Word: FixedWidthInteger>(_ bytes: Data, _ offset: Int, _ type: Word.Type) -> Word {
        guard offset >= 0, offset <= bytes.count - MemoryLayout<Word>.size else { return 0 }
        return bytes.withUnsafeBytes { Word(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
    }

    /// Looks for the end record from the back; a comment of up to 65,535 bytes may follow it.
    /// - Throws: ``HearthError`` `invalid_request`.
    static func end(of source: any ByteSource, _ bounds: ZipArchive.Bounds) async throws -> End {
        let start = max(0, source.count - 65_557)
        let tail = Data(try await source.bytes(start..<source.count))
        guard tail.count >= 22 else { throw refused("is too short") }
        let mark = Data([0x50, 0x4B, 0x05, 0x06])
        var position = tail.count - 22
        while position >= 0 {
            if tail[position..<position + 4] == mark,
                Int(word(tail, position + 20, UInt16.self)) == tail.count - position - 22
            {
                break
            }
            position -= 1
        }
        guard position >= 0 else { throw refused("has no directory") }
        let (entries, size) = (word(tail, position + 10, UInt16.self), word(tail, position + 12, UInt32.self))
        let offset = word(tail, position + 16, UInt32.self)
        if entries == .max || size == .max || offset == .max {
            return try await largeEnd(of: source, before: start + position, bounds)
        }
        guard word(tail, position + 4, UInt16.self) == 0, word(tail, position + 8, UInt16.self) == entries else {
            throw refused("is one of several parts")
        }
        return try checked(
            entries: Int(entries), size: Int(size), offset: Int(offset), before: start + position, bounds)
    }

    /// The end record of files beyond 4 GB or 65,534 entries.
    private static func largeEnd(
        of source: any ByteSource, before end: Int, _ bounds: ZipArchive.Bounds
    ) async throws -> End {
        guard end >= 20 else { throw refused("has no directory") }
        let locator = try await source.bytes(end - 20..<end)
        guard word(locator, 0, UInt32.self) == 0x0706_4B50, let place = Int(exactly: word(locator, 8, UInt64.self)),
            place <= end - 76
        else { throw refused("has no directory") }
        let record = try await source.bytes(place..<place + 56)
        guard word(record, 0, UInt32.self) == 0x0606_4B50, let entries = Int(exactly: word(record, 32, UInt64.self)),
            let size = Int(exactly: word(record, 40, UInt64.self)),
            let offset = Int(exactly: word(record, 48, UInt64.self))
        else { throw refused("has no directory") }
        return try checked(entries: entries, size: size, offset: offset, before: place, bounds)
    }

    private static func checked(
        entries: Int, size: Int, offset: Int, before end: Int, _ bounds: ZipArchive.Bounds
    ) throws(HearthError) -> End {
        guard entries <= bounds.entries else { throw refused("has \(entries) entries") }
        guard size <= Limits.zipDirectoryBytes else { throw refused("has a directory of \(size) bytes") }
        guard offset >= 0, size >= 0, offset <= end, size <= end - offset else { throw refused("is cut off") }
        return End(entries: entries, directory: offset..<offset + size)
    }

    // MARK: Entries

    /// The files of a directory, without its folders.
    /// - Parameter end: where the directory begins: all entries lie before it.
    /// - Throws: ``HearthError`` `invalid_request`.
    static func entries(
        _ directory: Data, count: Int, before end: Int, _ bounds: ZipArchive.Bounds
    ) throws(HearthError) -> [ZipArchive.Entry] {
        var entries: [ZipArchive.Entry] = []
        var names: Set<ByteKey> = []
        var (position, total) = (0, 0)
        for _ in 0..<count {
            guard word(directory, position, UInt32.self) == 0x0201_4B50 else { throw refused("has a broken directory") }
            let lengths = [28, 30, 32].map { Int(word(directory, position + $0, UInt16.self)) }
            let next = position + 46 + lengths.reduce(0, +)
            guard next <= directory.count else { throw refused("has a broken directory") }
            let start = directory.startIndex + position + 46
            let bytes = directory[start..<start + lengths[0]]
            guard let written = ZipName.text(bytes, isUTF8: word(directory, position + 8, UInt16.self) & 0x0800 != 0)
            else { throw refused("has a name that is not UTF-8, or \(CombiningMarks.problem)") }
            guard let name = ZipName.normalised(written) else {
                throw refused("has an entry whose name leaves its folder")
            }
            let extra = position + 46 + lengths[0]
            let entry = try entry(directory, at: position, name: name, extra: extra..<extra + lengths[1])
            position = next
            guard let entry else { continue }
            guard entry.offset >= 0, entry.packed >= 0, entry.length >= 0, entry.offset < end,
                entry.packed <= end - entry.offset
            else { throw refused("has an entry outside of itself") }
            guard names.insert(ByteKey(name)).inserted else { throw refused("holds `\(name.prefix(100))` twice") }
            try checkSize(entry, before: total, bounds)
            total += entry.length
            entries.append(entry)
        }
        try checkOverlap(entries)
        return entries
    }

    /// - Returns: nil for a folder.
    private static func entry(
        _ directory: Data, at position: Int, name: String, extra: Range<Int>
    ) throws(HearthError) -> ZipArchive.Entry? {
        let flags = word(directory, position + 8, UInt16.self)
        guard flags & 0x2041 == 0 else { throw refused("is encrypted") }
        // The upper half are a Unix system's file modes; 0xA000 is a symbolic link.
        let mode = word(directory, position + 38, UInt32.self) >> 16
        guard [0, 0x4000, 0x8000].contains(mode & 0xF000) else {
            throw refused("holds `\(name.prefix(100))`, which is a link or a device")
        }
        if name.hasSuffix("/") { return nil }
        let method = word(directory, position + 10, UInt16.self)
        guard method == 0 || method == 8 else { throw refused("has an entry of another method than deflate") }
        var sizes = [24, 20, 42].map { UInt64(word(directory, position + $0, UInt32.self)) }
        widen(&sizes, directory, extra)
        let numbers = sizes.map { Int(exactly: $0) ?? -1 }
        return ZipArchive.Entry(
            name: name, offset: numbers[2], packed: numbers[1], length: numbers[0],
            crc: word(directory, position + 16, UInt32.self), isDeflated: method == 8)
    }

    /// Replaces numbers that need more than 32 bits (extra field 1).
    private static func widen(_ sizes: inout [UInt64], _ directory: Data, _ extra: Range<Int>) {
        var position = extra.lowerBound
        while position + 4 <= extra.upperBound {
            let length = Int(word(directory, position + 2, UInt16.self))
            if word(directory, position, UInt16.self) == 1 {
                var place = position + 4
                for index in sizes.indices where sizes[index] == UInt64(UInt32.max) {
                    guard place + 8 <= min(position + 4 + length, extra.upperBound) else { return }
                    sizes[index] = word(directory, place, UInt64.self)
                    place += 8
                }
                return
            }
            position += 4 + length
        }
    }

    /// - Parameter total: bytes of the entries before it.
    private static func checkSize(
        _ entry: ZipArchive.Entry, before total: Int, _ bounds: ZipArchive.Bounds
    ) throws(HearthError) {
        // A length may be any number up to 2^63: it is compared before it is added to anything.
        guard entry.length <= (entry.isDeflated ? bounds.deflatedBytes : bounds.storedBytes),
            total <= Limits.zipBytes - entry.length,
            entry.isDeflated || entry.packed == entry.length
        else { throw refused("holds more than is allowed") }
        guard entry.length < Limits.zipRatioFrom || entry.length / Limits.zipRatio <= entry.packed else {
            throw refused("holds `\(entry.name.prefix(100))`, which is packed too tightly")
        }
    }

    /// Entries that share bytes let a small file hold a large one many times over.
    private static func checkOverlap(_ entries: [ZipArchive.Entry]) throws(HearthError) {
        var end = 0
        for entry in entries.sorted(by: { $0.offset < $1.offset }) {
            guard entry.offset >= end else { throw refused("has entries that overlap") }
            end = entry.offset + 30 + entry.packed
        }
    }

    private static func refused(_ problem: String) -> HearthError {
        HearthError(
            .invalidRequest, "The zip file \(problem).",
            hint: "Stored or deflated files with plain relative names, at most \(Limits.zipEntries) of them, "
                + "\(Limits.zipEntryBytes >> 20) MB each; in a project's file, longer ones must be stored (`zip -0`).")
    }
}

import Foundation
import HearthCore

/// Writes zip files, good ones and bad ones; what is deflated is so by stored blocks or given as it is.
struct ZipMaker {
    /// An entry as the directory describes it, true or not.
    struct Entry {
        var name: String
        var bytes = Data()
        /// Packed by somebody else; nil: stored.
        var packed: Data?
        /// What the directory says instead of the truth.
        var length: Int?
        var crc: UInt32?
        var flags: UInt16 = 0
        var method: UInt16?
        var mode: UInt32 = 0o100644
        /// Where the directory says that it begins.
        var offset: Int?
        /// What the directory says of length, packed length and offset in 64 bits (extra field 1).
        var wide: (length: UInt64, packed: UInt64, offset: UInt64)?
    }

    static func make(_ entries: [Entry]) -> Data {
        var file = Data()
        var directory = Data()
        for entry in entries {
            let packed = entry.packed ?? entry.bytes
            let crc = entry.crc ?? entry.bytes.withUnsafeBytes { CRC32.checksum($0) }
            let method = entry.method ?? (entry.packed == nil ? 0 : 8)
            let name = Data(entry.name.utf8)
            let offset = entry.offset ?? file.count
            var shared = Data()
            shared.add(UInt16(20), entry.flags, method, UInt16(0), UInt16(0x21))
            let isWide = entry.wide != nil
            shared.add(
                crc, isWide ? .max : UInt32(packed.count), isWide ? .max : UInt32(entry.length ?? entry.bytes.count))
            shared.add(UInt16(name.count), UInt16(0))
            file.add(UInt32(0x0403_4B50))
            file += shared + name + packed
            var extra = Data()
            if let wide = entry.wide { extra.add(UInt16(1), UInt16(24), wide.length, wide.packed, wide.offset) }
            shared.replaceSubrange(shared.count - 2..<shared.count, with: [UInt8(extra.count), 0])
            directory.add(UInt32(0x0201_4B50), UInt16(0x0314))
            directory += shared
            directory.add(UInt16(0), UInt16(0), UInt16(0), entry.mode << 16, isWide ? .max : UInt32(offset))
            directory += name + extra
        }
        let start = file.count
        file += directory
        file.add(UInt32(0x0605_4B50), UInt16(0), UInt16(0), UInt16(entries.count), UInt16(entries.count))
        file.add(UInt32(directory.count), UInt32(start), UInt16(0))
        return file
    }

    static func make(_ files: [(String, Data)]) -> Data { make(files.map { Entry(name: $0.0, bytes: $0.1) }) }

    /// Deflate by stored blocks (RFC 1951, 3.2.4).
    static func deflated(_ bytes: Data) -> Data {
        var packed = Data()
        let starts = bytes.isEmpty ? [0] : Array(stride(from: 0, to: bytes.count, by: 65_535))
        for start in starts {
            let block = bytes[start..<min(start + 65_535, bytes.count)]
            packed.append(start == starts.last ? 1 : 0)
            packed.add(UInt16(block.count), ~UInt16(block.count))
            packed += block
        }
        return packed
    }
}

extension Data {
    /// Appends numbers, little-endian.
    mutating func add(_ numbers: any FixedWidthInteger...) {
        for number in numbers { append(number) }
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}

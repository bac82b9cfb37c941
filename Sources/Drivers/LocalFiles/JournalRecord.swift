import HearthCore
import HearthVectors

import struct Foundation.Data

/// One file in the journal: a block that says what it is, then the file's bytes from the next block on.
///
/// All numbers are little-endian. A record starts at a multiple of ``blockBytes``, so that writing one never touches a
/// block of another, and what is behind its last byte in its last block means nothing.
///
///     offset  bytes  what
///          0      4  "HJ01"
///          4      4  length of the path
///          8      8  epoch: rises each time a segment is begun again, so that what it held before is not read
///         16      8  length of the file
///         24      8  XXH64 of the file, the epoch as seed
///         32      8  XXH64 of the 32 bytes before and the path, the epoch as seed
///         40      …  the path, UTF-8
struct JournalRecord: Equatable {
    /// Bytes that a disk writes at once or not at all, on all that are in use.
    static let blockBytes = 4_096
    private static let magic: UInt32 = 0x3130_4A48
    private static let headBytes = 40
    /// Longest path in UTF-8 bytes.
    static let pathBytes = blockBytes - headBytes

    let epoch: UInt64
    let path: String
    /// Bytes of the file.
    let count: Int
    private let checksum: UInt64

    /// - Returns: nil when the path is too long.
    init?(path: String, bytes: Data, epoch: UInt64) {
        guard path.utf8.count <= Self.pathBytes else { return nil }
        self.epoch = epoch
        self.path = path
        count = bytes.count
        checksum = bytes.withUnsafeBytes { XXHash64.checksum($0, seed: epoch) }
    }

    /// Reads a record's first block.
    /// - Returns: nil when it is none, or damaged.
    init?(block: UnsafeRawBufferPointer) {
        guard block.count >= Self.headBytes,
            UInt32(littleEndian: block.loadUnaligned(fromByteOffset: 0, as: UInt32.self)) == Self.magic
        else { return nil }
        func word(_ offset: Int) -> UInt64 {
            UInt64(littleEndian: block.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        let length = Int(UInt32(littleEndian: block.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
        epoch = word(8)
        guard length <= block.count - Self.headBytes, let count = Int(exactly: word(16)),
            count <= Limits.journalSegmentBytes,
            word(32) == Self.headChecksum(block, pathLength: length, seed: epoch)
        else { return nil }
        self.count = count
        checksum = word(24)
        path = String(
            decoding: UnsafeRawBufferPointer(rebasing: block[Self.headBytes..<Self.headBytes + length]), as: UTF8.self)
    }

    /// The first block.
    func block() -> [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.blockBytes)
        block.withUnsafeMutableBytes { block in
            block.storeBytes(of: Self.magic.littleEndian, as: UInt32.self)
            block.storeBytes(of: UInt32(path.utf8.count).littleEndian, toByteOffset: 4, as: UInt32.self)
            block.storeBytes(of: epoch.littleEndian, toByteOffset: 8, as: UInt64.self)
            block.storeBytes(of: UInt64(count).littleEndian, toByteOffset: 16, as: UInt64.self)
            block.storeBytes(of: checksum.littleEndian, toByteOffset: 24, as: UInt64.self)
            let end = Self.headBytes + path.utf8.count
            UnsafeMutableRawBufferPointer(rebasing: block[Self.headBytes..<end]).copyBytes(from: path.utf8)
            let head = Self.headChecksum(
                UnsafeRawBufferPointer(block), pathLength: path.utf8.count, seed: epoch)
            block.storeBytes(of: head.littleEndian, toByteOffset: 32, as: UInt64.self)
        }
        return block
    }

    /// Whether these are the bytes that were written.
    func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count == count && XXHash64.checksum(bytes, seed: epoch) == checksum
    }

    /// Bytes that it takes in a segment.
    var length: Int { Self.length(ofFile: count) }

    static func length(ofFile count: Int) -> Int {
        blockBytes + (count + blockBytes - 1) / blockBytes * blockBytes
    }

    private static func headChecksum(_ block: UnsafeRawBufferPointer, pathLength: Int, seed: UInt64) -> UInt64 {
        let fields = XXHash64.checksum(UnsafeRawBufferPointer(rebasing: block[..<32]), seed: seed)
        return XXHash64.checksum(
            UnsafeRawBufferPointer(rebasing: block[headBytes..<headBytes + pathLength]), seed: fields)
    }
}

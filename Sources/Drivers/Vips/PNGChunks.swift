import struct Foundation.Data

/// The chunks of a PNG file (ISO/IEC 15948, 5.3), as far as they have to be kept from the decoder.
enum PNGChunks {
    private static let signatureLength = 8
    /// Length, type and checksum around a chunk's data.
    private static let frame = 12
    /// Chunks that hold compressed text or a colour profile: the decoder would inflate megabytes that are never read.
    private static let unread: Set<[UInt8]> = [
        Array("tEXt".utf8), Array("zTXt".utf8), Array("iTXt".utf8), Array("iCCP".utf8),
    ]

    /// The file without such chunks; nil when it has none, or is not made of chunks to its end.
    static func withoutText(_ bytes: UnsafeRawBufferPointer) -> Data? {
        var kept = Data()
        var position = signatureLength
        var keptUpTo = 0
        while position + frame <= bytes.count {
            let length = bytes[position..<(position + 4)].reduce(0) { $0 << 8 | Int($1) }
            let next = position + frame + length
            guard next <= bytes.count else { return nil }
            if unread.contains(Array(bytes[(position + 4)..<(position + 8)])) {
                kept.append(contentsOf: bytes[keptUpTo..<position])
                keptUpTo = next
            }
            position = next
        }
        guard keptUpTo > 0 else { return nil }
        kept.append(contentsOf: bytes[keptUpTo...])
        return kept
    }
}

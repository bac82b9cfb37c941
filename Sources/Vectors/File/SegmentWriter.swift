import Foundation

/// Writes the sections of a segment one behind the other, and their checksums.
struct SegmentWriter {
    private var target: SegmentTarget
    /// In-segment offset of the first byte in `buffer`: a whole number of blocks behind the header.
    private var flushed = SegmentHeader.bytes
    private var buffer: [UInt8] = []
    private var checksums: [UInt64] = []
    static let bufferBytes = 64 * SegmentHeader.blockBytes

    init(_ target: SegmentTarget) {
        self.target = target
        buffer.reserveCapacity(Self.bufferBytes)
    }

    /// In-segment offset of the next byte.
    private var position: Int { flushed + buffer.count }

    /// Writes a section.
    /// - Parameter alignment: of its first byte; 64 at least.
    /// - Returns: where it is.
    mutating func section(
        alignment: Int = 64, _ body: (inout SegmentWriter) throws -> Void
    ) throws -> Range<Int> {
        let padding = (alignment - position % alignment) % alignment
        if padding > 0 { try write([UInt8](repeating: 0, count: padding)) }
        let begin = position
        try body(&self)
        return begin..<position
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.bufferBytes - buffer.count)
            buffer.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
            if buffer.count == Self.bufferBytes { try flush() }
        }
    }

    mutating func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    mutating func write(_ number: some FixedWidthInteger) throws {
        try withUnsafeBytes(of: number.littleEndian) { try write($0) }
    }

    /// Writes the checksums and, when all that is on disk, the header: a segment with a header is whole.
    mutating func finish(_ header: inout SegmentHeader) throws {
        let padding = (64 - position % 64) % 64
        if padding > 0 { try write([UInt8](repeating: 0, count: padding)) }
        try flush()
        let begin = flushed
        let sums = checksums.flatMap { sum in withUnsafeBytes(of: sum.littleEndian) { Array($0) } }
        header[.checksums] = begin..<begin + sums.count
        header.checksum = sums.withUnsafeBytes { XXHash64.checksum($0) }
        header.length = (begin + sums.count + SegmentHeader.bytes - 1) / SegmentHeader.bytes * SegmentHeader.bytes
        let end = [UInt8](repeating: 0, count: header.length - begin - sums.count)
        try (sums + end).withUnsafeBytes { try target.write($0, at: begin) }
        try target.finish(header)
    }

    /// Only the last call, before the checksums, may leave a block that is not full.
    private mutating func flush() throws {
        try buffer.withUnsafeBytes { bytes in
            for begin in stride(from: 0, to: bytes.count, by: SegmentHeader.blockBytes) {
                let block = bytes[begin..<min(begin + SegmentHeader.blockBytes, bytes.count)]
                checksums.append(XXHash64.checksum(UnsafeRawBufferPointer(rebasing: block)))
            }
            try target.write(bytes, at: flushed)
        }
        flushed += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }
}

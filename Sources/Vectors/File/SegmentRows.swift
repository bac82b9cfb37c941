import Foundation

/// A segment of a scan file, read where the file is mapped, or in memory where it was sealed.
///
/// Each block's checksum is looked at before the block is read for the first time, so that opening reads next to
/// nothing and no wrong byte is ever compared.
// Unchecked: only the collection's one worker uses it; a writer maps the segment once more for itself.
final class SegmentRows: IndexRows, @unchecked Sendable {
    let header: SegmentHeader
    private let mapping: FileMapping
    private let memory: UnsafeRawBufferPointer
    private let verified: RowBits
    private var areCodesVerified = false
    private var readColumns: [String: AttributeColumn]?

    /// - Throws: ``ScanFileError`` `damaged` when the checksums of the blocks are not what the header says.
    init(_ header: SegmentHeader, _ mapping: FileMapping) throws {
        self.header = header
        self.mapping = mapping
        memory = mapping.bytes
        let blocks = (header.blocks.count + SegmentHeader.blockBytes - 1) / SegmentHeader.blockBytes
        // Sealed pieces have proved to be what was written when they were opened.
        verified = RowBits(count: blocks, filledWith: mapping.isCopy)
        areCodesVerified = mapping.isCopy
        let checksums = UnsafeRawBufferPointer(rebasing: memory[header[.checksums]])
        guard XXHash64.checksum(checksums) == header.checksum else { throw ScanFileError.damaged("checksums") }
        mapping.expectRandomReads(header[.vectors])
    }

    /// The same segment for another reader, with checks of its own.
    func another() throws -> SegmentRows { try SegmentRows(header, mapping) }

    var count: Int { header.rows }
    var ownersAreItems: Bool { header.ownersAreItems }
    var bytes: Int {
        let read =
            mapping.isCopy
            ? header.length : header[.codes].count + header[.scales].count + header[.biases].count
        return read + verified.bytes
    }

    func view(firstRow: Int) -> QuantisedMatrixView {
        QuantisedMatrixView(
            rows: count, dims: header.dims, codes: pointer(.codes), scales: pointer(.scales),
            biases: header.metric == .euclidean ? pointer(.biases) : nil, vectors: pointer(.vectors),
            bounds: header.bounds, firstRow: firstRow)
    }

    func verifyCodes() throws {
        guard !areCodesVerified else { return }
        try verify(header[.codes].lowerBound..<header[.biases].upperBound)
        areCodesVerified = true
    }

    func verifyVectors(_ rows: Range<Int>) throws {
        let (start, row) = (header[.vectors].lowerBound, header.dims * 4)
        try verify(start + rows.lowerBound * row..<start + rows.upperBound * row)
    }

    func item(_ row: Int) throws -> String { String(decoding: try item(bytesOf: row), as: UTF8.self) }

    func owner(_ row: Int) throws -> String {
        guard !ownersAreItems else { return try item(row) }
        return String(decoding: try text(row, .ownerOffsets, .ownerBytes), as: UTF8.self)
    }

    func row(of item: String) throws -> Int? {
        let slots = header[.slots].count / 8
        guard slots > 0 else { return nil }
        var item = item
        return try item.withUTF8 { id -> Int? in
            let hash = XXHash64.checksum(UnsafeRawBufferPointer(id))
            var slot = Int(truncatingIfNeeded: hash) & (slots - 1)
            for _ in 0..<slots {
                let value: UInt64 = try number(.slots, slot)
                guard value != 0 else { return nil }
                if value >> 32 == hash >> 32 {
                    let row = Int(value & 0xFFFF_FFFF) - 1
                    guard row >= 0, row < count else { throw ScanFileError.damaged("slots") }
                    if try self.item(bytesOf: row).elementsEqual(id) { return row }
                }
                slot = (slot + 1) & (slots - 1)
            }
            return nil
        }
    }

    func columns() throws -> [String: AttributeColumn] {
        if let readColumns { return readColumns }
        try verify(header[.attributes])
        let section = UnsafeRawBufferPointer(rebasing: memory[header[.attributes]])
        let columns = try AttributeSection.read(section, rows: count)
        readColumns = columns
        return columns
    }

    /// Rows of earlier segments that do not count any more.
    func dead() throws -> [(ordinal: Int, row: Int)] {
        try (0..<header[.dead].count / 8).map {
            let value: UInt64 = try number(.dead, $0)
            return (Int(value >> 32), Int(value & 0xFFFF_FFFF))
        }
    }

    private func item(bytesOf row: Int) throws -> UnsafeRawBufferPointer.SubSequence {
        try text(row, .itemOffsets, .itemBytes)
    }

    private func text(
        _ row: Int, _ offsets: SegmentHeader.Section, _ bytes: SegmentHeader.Section
    ) throws -> UnsafeRawBufferPointer.SubSequence {
        let (begin, end): (UInt64, UInt64) = (try number(offsets, row), try number(offsets, row + 1))
        guard begin <= end, end <= UInt64(header[bytes].count) else { throw ScanFileError.damaged("offsets") }
        let range = header[bytes].lowerBound + Int(begin)..<header[bytes].lowerBound + Int(end)
        try verify(range)
        return memory[range]
    }

    private func number(_ section: SegmentHeader.Section, _ index: Int) throws -> UInt64 {
        let place = header[section].lowerBound + index * 8
        guard index >= 0, place + 8 <= header[section].upperBound else { throw ScanFileError.damaged("section") }
        try verify(place..<place + 8)
        return UInt64(littleEndian: memory.load(fromByteOffset: place, as: UInt64.self))
    }

    private func pointer<Number>(_ section: SegmentHeader.Section) -> UnsafePointer<Number> {
        let start = memory.baseAddress.map { $0 + header[section].lowerBound }
        // A mapping has at least the header's page, so that it has an address.
        return (start ?? UnsafeRawPointer(verified.words)).assumingMemoryBound(to: Number.self)
    }

    /// Compares the checksums of the blocks that a range touches, once each.
    private func verify(_ range: Range<Int>) throws {
        guard !range.isEmpty else { return }
        let size = SegmentHeader.blockBytes
        let covered = header.blocks
        let (first, last) = (
            (range.lowerBound - covered.lowerBound) / size, (range.upperBound - 1 - covered.lowerBound) / size
        )
        for block in first...last where !verified[block] {
            let begin = covered.lowerBound + block * size
            let bytes = UnsafeRawBufferPointer(rebasing: memory[begin..<min(begin + size, covered.upperBound)])
            let sum = memory.loadUnaligned(fromByteOffset: header[.checksums].lowerBound + block * 8, as: UInt64.self)
            guard XXHash64.checksum(bytes) == UInt64(littleEndian: sum) else {
                throw ScanFileError.damaged("block \(block)")
            }
            verified[block] = true
        }
    }
}

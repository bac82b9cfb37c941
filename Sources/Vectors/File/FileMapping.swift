import Foundation

/// Pages that are readable as memory as long as this object lives: of a file, or of a file's opened copy.
// Unchecked: the memory is only read, after it was filled.
final class FileMapping: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
    /// Whether it takes memory for all of its bytes: none of them are on the disk.
    let isCopy: Bool

    /// - Parameter offset: a whole number of pages.
    init(_ descriptor: Int32, offset: Int, count: Int) throws {
        guard let base = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, off_t(offset)), base != MAP_FAILED else {
            throw FileAccess.failure("mapping a scan file")
        }
        bytes = UnsafeRawBufferPointer(start: base, count: count)
        isCopy = false
    }

    /// Memory of zeros, which no dump of the process shows.
    init(copyOf count: Int) throws {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        guard let base = mmap(nil, count, PROT_READ | PROT_WRITE, flags, -1, 0), base != MAP_FAILED else {
            throw FileAccess.failure("taking memory for a scan file")
        }
        madvise(base, count, MADV_DONTDUMP)
        madvise(base, count, MADV_HUGEPAGE)
        bytes = UnsafeRawBufferPointer(start: base, count: count)
        isCopy = true
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }

    /// Fills a range of a copy, before it is read.
    func fill(at offset: Int, with piece: UnsafeRawBufferPointer) {
        guard isCopy, offset + piece.count <= bytes.count else { return }
        UnsafeMutableRawBufferPointer(mutating: bytes)[offset..<offset + piece.count].copyBytes(from: piece)
    }

    /// Says that a range is read here and there: what lies around a place need not be fetched with it.
    func expectRandomReads(_ range: Range<Int>) {
        let page = SegmentHeader.bytes
        let begin = (range.lowerBound + page - 1) / page * page
        guard !isCopy, let base = bytes.baseAddress, begin < range.upperBound else { return }
        madvise(UnsafeMutableRawPointer(mutating: base + begin), range.upperBound - begin, MADV_RANDOM)
    }
}

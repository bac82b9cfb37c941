import Foundation

/// Pages of a file, readable as memory as long as this object lives.
// Unchecked: the memory is only read.
final class FileMapping: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer

    /// - Parameter offset: a whole number of pages.
    init(_ descriptor: Int32, offset: Int, count: Int) throws {
        guard let base = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, off_t(offset)), base != MAP_FAILED else {
            throw FileAccess.failure("mapping a scan file")
        }
        bytes = UnsafeRawBufferPointer(start: base, count: count)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }

    /// Says that a range is read here and there: what lies around a place need not be fetched with it.
    func expectRandomReads(_ range: Range<Int>) {
        let page = SegmentHeader.bytes
        let begin = (range.lowerBound + page - 1) / page * page
        guard let base = bytes.baseAddress, begin < range.upperBound else { return }
        madvise(UnsafeMutableRawPointer(mutating: base + begin), range.upperBound - begin, MADV_RANDOM)
    }
}

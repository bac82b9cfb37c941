#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension UnsafeRawBufferPointer {
    /// Offset of the first `byte` in `range`, nil when there is none; runs at memory speed.
    ///
    /// The caller sees to it that `range` lies within the buffer.
    @inline(__always)
    package func firstOffset(of byte: UInt8, in range: Range<Int>) -> Int? {
        guard let base = baseAddress, !range.isEmpty else { return nil }
        assert(range.lowerBound >= 0 && range.upperBound <= count)
        guard let found = memchr(base + range.lowerBound, Int32(byte), range.count) else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// Whether `other`, which is as long, has the same bytes.
    @inline(__always)
    func hasBytes(of other: UnsafeRawBufferPointer) -> Bool {
        guard let base = baseAddress, let otherBase = other.baseAddress else { return true }
        assert(count == other.count)
        return memcmp(base, otherBase, count) == 0
    }
}

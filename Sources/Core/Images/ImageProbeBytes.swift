import HearthJSON

/// Bounds-checked reads from an encoded picture: nil instead of a read outside.
struct ImageProbeBytes {
    let raw: UnsafeRawBufferPointer

    init(_ raw: UnsafeRawBufferPointer) { self.raw = raw }

    var count: Int { raw.count }

    /// Offset of the first `byte` at or behind `start`.
    @inline(__always)
    func first(_ byte: UInt8, from start: Int) -> Int? {
        guard start < raw.count else { return nil }
        return raw.firstOffset(of: byte, in: start..<raw.count)
    }

    /// The bytes of `range`, nil when it reaches beyond the end.
    func slice(_ start: Int, _ length: Int) -> ImageProbeBytes? {
        guard start >= 0, length >= 0, start <= raw.count, length <= raw.count - start else { return nil }
        return ImageProbeBytes(UnsafeRawBufferPointer(rebasing: raw[start..<start + length]))
    }

    /// True when the bytes at `offset` are those of `text`.
    func matches(_ text: StaticString, at offset: Int = 0) -> Bool {
        guard let slice = slice(offset, text.utf8CodeUnitCount) else { return false }
        return slice.raw.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    func byte(_ offset: Int) -> UInt8? { offset >= 0 && offset < raw.count ? raw[offset] : nil }

    /// Two bytes as an unsigned integer.
    func u16(_ offset: Int, bigEndian: Bool) -> Int? {
        guard offset >= 0, offset <= raw.count - 2 else { return nil }
        let value = raw.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
        return Int(bigEndian ? UInt16(bigEndian: value) : UInt16(littleEndian: value))
    }

    /// Three bytes, little-endian.
    func u24(_ offset: Int) -> Int? {
        guard let low = u16(offset, bigEndian: false), let high = byte(offset + 2) else { return nil }
        return low | Int(high) << 16
    }

    /// Four bytes as an unsigned integer.
    func u32(_ offset: Int, bigEndian: Bool) -> Int? {
        guard offset >= 0, offset <= raw.count - 4 else { return nil }
        let value = raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        return Int(bigEndian ? UInt32(bigEndian: value) : UInt32(littleEndian: value))
    }
}

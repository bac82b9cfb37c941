/// The first directory (IFD) of a TIFF file or EXIF block, read within bounds.
struct ImageProbeTIFFDirectory {
    /// One field of the directory.
    struct Entry {
        /// 1 byte, 3 short (16 bits), 4 long (32 bits); others hold nothing that is asked for here.
        let type: Int
        let count: Int
        /// Where its values are.
        let offset: Int
    }

    private let bytes: ImageProbeBytes
    private let bigEndian: Bool
    private let start: Int
    private let count: Int

    /// Nil when the header or the directory does not lie within `bytes`.
    init?(_ bytes: ImageProbeBytes) {
        guard bytes.matches("II*\0") || bytes.matches("MM\0*") else { return nil }
        bigEndian = bytes.byte(0) == UInt8(ascii: "M")
        guard let offset = bytes.u32(4, bigEndian: bigEndian), offset >= 8,
            let count = bytes.u16(offset, bigEndian: bigEndian), bytes.slice(offset + 2, count * 12) != nil
        else { return nil }
        self.bytes = bytes
        start = offset + 2
        self.count = count
    }

    /// The field `tag`; nil when it is missing, of another type, or reaches beyond the end.
    func entry(_ tag: Int) -> Entry? {
        for index in 0..<count {
            let offset = start + index * 12
            guard bytes.u16(offset, bigEndian: bigEndian) == tag else { continue }
            guard let type = bytes.u16(offset + 2, bigEndian: bigEndian),
                let count = bytes.u32(offset + 4, bigEndian: bigEndian), let width = Self.widths[type]
            else { return nil }
            if count * width <= 4 { return Entry(type: type, count: count, offset: offset + 8) }
            guard let place = bytes.u32(offset + 8, bigEndian: bigEndian), bytes.slice(place, count * width) != nil
            else { return nil }
            return Entry(type: type, count: count, offset: place)
        }
        return nil
    }

    /// The value at `index` of a field.
    func value(_ entry: Entry, _ index: Int) -> Int? {
        guard index >= 0, index < entry.count else { return nil }
        switch entry.type {
        case 1: return bytes.byte(entry.offset + index).map { Int($0) }
        case 3: return bytes.u16(entry.offset + 2 * index, bigEndian: bigEndian)
        default: return bytes.u32(entry.offset + 4 * index, bigEndian: bigEndian)
        }
    }

    /// The first value of the field `tag`.
    func first(_ tag: Int) -> Int? { entry(tag).flatMap { value($0, 0) } }

    /// Bytes of a value by type.
    private static let widths = [1: 1, 3: 2, 4: 4]
}

extension ImageProbe {
    /// TIFF 6.0: the first directory, its size, and its strips or tiles within the file.
    static func tiff(_ bytes: ImageProbeBytes) throws(HearthError) -> ImageHeader {
        guard let directory = ImageProbeTIFFDirectory(bytes) else { throw truncated(.tiff) }
        guard let width = directory.first(256), let height = directory.first(257) else {
            throw invalid(.tiff, "it has no size")
        }
        try checkSize(width, height, .tiff)
        let stored = try tiffData(bytes, directory)
        let bits = directory.first(258) ?? 1
        let samples = directory.first(277) ?? 1
        guard (1...128).contains(bits), (1...64).contains(samples) else { throw invalid(.tiff, "its pixels are odd") }
        if let kind = TIFFKind(directory).unsupported { throw unsupported(.tiff, kind) }
        try checkTIFFParts(directory, width: width, height: height, pixelBits: bits * samples)
        // Only uncompressed data has a size that is known beforehand; YCbCr (6) may be subsampled to half.
        if directory.first(259) ?? 1 == 1 {
            let needed = width * height * bits * samples / (directory.first(262) == 6 ? 16 : 8)
            guard stored >= needed else { throw invalid(.tiff, "its data is too short") }
        }
        let orientation = directory.first(274).flatMap { (1...8).contains($0) ? $0 : nil }
        return ImageHeader(
            format: .tiff, width: width, height: height, orientation: orientation,
            scans: tiffScans(directory, width: width, height: height))
    }

    /// Checks the parts that a decoder unpacks as a whole: a row of tiles, and strips of which it cannot take one line.
    ///
    /// Their size is a number of its own in the file: a tile may be larger than the picture.
    private static func checkTIFFParts(
        _ directory: ImageProbeTIFFDirectory, width: Int, height: Int, pixelBits: Int
    ) throws(HearthError) {
        if let across = directory.first(322), let down = directory.first(323) {
            guard (1...Limits.imageSide).contains(across), (1...Limits.imageSide).contains(down) else {
                throw invalid(.tiff, "its tiles are \(across) x \(down) pixels")
            }
            // Two rows of tiles are kept while lines are made of them.
            let pixels = max(across, width) * down * 2
            return try checkHeld(pixels * pixelBits / 8, .tiff, unless: "with smaller tiles")
        }
        // JPEG in TIFF (6, 7), and channels in strips of their own.
        guard [6, 7].contains(directory.first(259) ?? 1) || directory.first(284) == 2 else { return }
        let lines = min(directory.first(278) ?? height, height)
        try checkHeld(lines * width * pixelBits / 8, .tiff, unless: "in strips of fewer lines")
    }

    /// How many times as many pixels as the picture its tiles have: they may be larger than it.
    ///
    /// Sides are bounded, so that this is a gigapixel at most.
    private static func tiffScans(_ directory: ImageProbeTIFFDirectory, width: Int, height: Int) -> Int {
        guard let across = directory.first(322), let down = directory.first(323) else { return 1 }
        let columns = (width + across - 1) / across
        let rows = (height + down - 1) / down
        return (columns * across * rows * down + width * height - 1) / (width * height)
    }

    /// Scans of one part that is a JPEG by itself. A decoder goes over the part once for each, and cannot be ended
    /// there.
    ///
    /// Baseline has one, or one a channel; in their data FF is followed by 00, so that no other bytes look like a scan.
    private static func checkTIFFScans(_ part: ImageProbeBytes) throws(HearthError) {
        var scans = 0
        var offset = 0
        while let found = part.first(0xFF, from: offset) {
            if part.byte(found + 1) == 0xDA { scans += 1 }
            offset = found + 1
        }
        guard scans <= 4 else { throw unsupported(.tiff, "progressive JPEG inside") }
    }

    /// Bytes of all strips or tiles, each of which must lie within the file.
    private static func tiffData(
        _ bytes: ImageProbeBytes, _ directory: ImageProbeTIFFDirectory
    ) throws(HearthError) -> Int {
        let strips = directory.entry(273).flatMap { offsets in directory.entry(279).map { (offsets, $0) } }
        let tiles = directory.entry(324).flatMap { offsets in directory.entry(325).map { (offsets, $0) } }
        guard let (offsets, lengths) = strips ?? tiles else {
            throw invalid(.tiff, "its directory of picture data is missing or truncated")
        }
        guard offsets.count > 0, offsets.count == lengths.count else {
            throw invalid(.tiff, "its directory of picture data is wrong")
        }
        let isJPEG = directory.first(259) == 7
        var total = 0
        for index in 0..<offsets.count {
            guard let offset = directory.value(offsets, index), let length = directory.value(lengths, index),
                let part = bytes.slice(offset, length)
            else { throw truncated(.tiff) }
            total += length
            guard isJPEG else { continue }
            // Each is read here: without this bound a small file could name the same bytes again and again.
            guard total <= bytes.count else { throw invalid(.tiff, "its parts lie over one another") }
            try checkTIFFScans(part)
        }
        guard total > 0 else { throw invalid(.tiff, "it has no picture data") }
        return total
    }
}

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

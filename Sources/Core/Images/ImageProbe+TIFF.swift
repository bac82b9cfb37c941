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
        guard (1...64).contains(bits), (1...64).contains(samples) else { throw invalid(.tiff, "its pixels are odd") }
        // Only uncompressed data has a size that is known beforehand; YCbCr (6) may be subsampled to half.
        if directory.first(259) ?? 1 == 1 {
            let needed = width * height * bits * samples / (directory.first(262) == 6 ? 16 : 8)
            guard stored >= needed else { throw invalid(.tiff, "its data is too short") }
        }
        let orientation = directory.first(274).flatMap { (1...8).contains($0) ? $0 : nil }
        return ImageHeader(format: .tiff, width: width, height: height, orientation: orientation)
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
        var total = 0
        for index in 0..<offsets.count {
            guard let offset = directory.value(offsets, index), let length = directory.value(lengths, index),
                bytes.slice(offset, length) != nil
            else { throw truncated(.tiff) }
            total += length
        }
        guard total > 0 else { throw invalid(.tiff, "it has no picture data") }
        return total
    }
}

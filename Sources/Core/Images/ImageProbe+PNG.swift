extension ImageProbe {
    /// What a PNG's IHDR chunk says.
    private struct PNGHeader {
        let width: Int
        let height: Int
        let bitsPerPixel: Int
        let needsPalette: Bool
        let isInterlaced: Bool
        /// Bytes of a decoded pixel: alpha, which a later chunk may bring, included.
        let pixelBytes: Int
    }

    /// PNG: every chunk with its length and checksum up to IEND; nothing is inflated.
    static func png(_ bytes: ImageProbeBytes) throws(HearthError) -> ImageHeader {
        var offset = 8
        let header = try pngHeader(bytes)
        var orientation: Int?
        var dataBytes = 0
        var hasPalette = false
        while true {
            guard let length = bytes.u32(offset, bigEndian: true), let chunk = bytes.slice(offset + 4, length + 4),
                let expected = bytes.u32(offset + 8 + length, bigEndian: true)
            else { throw truncated(.png) }
            guard CRC32.checksum(chunk.raw) == UInt32(expected) else {
                throw invalid(.png, "the checksum at byte \(offset) is wrong")
            }
            if chunk.matches("IEND") { break }
            if chunk.matches("IDAT") { dataBytes += length }
            if chunk.matches("PLTE") { hasPalette = true }
            if chunk.matches("eXIf"), let exif = chunk.slice(4, length) { orientation = exifOrientation(exif) }
            guard offset == 8 || !chunk.matches("IHDR") else { throw invalid(.png, "it has two headers") }
            offset += 12 + length
        }
        guard dataBytes > 0 else { throw invalid(.png, "it has no picture data") }
        guard hasPalette || !header.needsPalette else { throw invalid(.png, "it has no palette") }
        if header.isInterlaced {
            // Its seven passes are put together in memory.
            let held = header.width * header.height * header.pixelBytes
            try checkHeld(held, .png, unless: "without interlacing")
        }
        // Deflate shrinks to a thousandth at best: less data than that cannot fill the picture. Counted without the
        // padding of rows, which interlaced pictures have in other places.
        let rawBytes = (header.width * header.height * header.bitsPerPixel + 7) / 8 + header.height
        guard (dataBytes + 1) * mostDeflation >= rawBytes else { throw invalid(.png, "its data is too short") }
        return ImageHeader(format: .png, width: header.width, height: header.height, orientation: orientation)
    }

    /// Bytes that a byte of deflate data can stand for: 258 a pair of bits.
    private static let mostDeflation = 1_032

    private static func pngHeader(_ bytes: ImageProbeBytes) throws(HearthError) -> PNGHeader {
        guard let length = bytes.u32(8, bigEndian: true), let width = bytes.u32(16, bigEndian: true),
            let height = bytes.u32(20, bigEndian: true), let depth = bytes.byte(24), let colour = bytes.byte(25),
            let interlace = bytes.byte(28)
        else { throw truncated(.png) }
        guard bytes.matches("IHDR", at: 12), length == 13 else {
            throw invalid(.png, "it does not start with a header")
        }
        try checkSize(width, height, .png)
        let kinds: [UInt8: (channels: Int, depths: [UInt8])] = [
            0: (1, [1, 2, 4, 8, 16]), 2: (3, [8, 16]), 3: (1, [1, 2, 4, 8]), 4: (2, [8, 16]), 6: (4, [8, 16]),
        ]
        guard let kind = kinds[colour], kind.depths.contains(depth), bytes.byte(26) == 0, bytes.byte(27) == 0,
            interlace <= 1
        else { throw invalid(.png, "its header has values that do not exist") }
        return PNGHeader(
            width: width, height: height, bitsPerPixel: kind.channels * Int(depth), needsPalette: colour == 3,
            isInterlaced: interlace == 1,
            pixelBytes: (colour == 3 ? 4 : kind.channels.isMultiple(of: 2) ? kind.channels : kind.channels + 1)
                * (depth == 16 ? 2 : 1))
    }
}

import Foundation
import HearthCore

/// Writes PNG files with stored (uncompressed) deflate blocks.
enum PNGMaker {
    static let signature = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])

    static func picture(
        _ width: Int, _ height: Int, colour: UInt8 = 0, depth: UInt8 = 8, extra: [(String, Data)] = []
    ) -> Data {
        let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][Int(colour)] ?? 1
        let row = (width * channels * Int(depth) + 7) / 8
        let raw = Data(
            (0..<height).flatMap { line in [UInt8(0)] + (0..<row).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ line) } })
        let half = zlib(raw).count / 2
        var file = signature + chunk("IHDR", header(width, height, colour: colour, depth: depth))
        for (name, data) in extra { file += chunk(name, data) }
        file += chunk("IDAT", zlib(raw).prefix(half)) + chunk("IDAT", zlib(raw).dropFirst(half))
        return file + chunk("IEND", Data())
    }

    static func header(_ width: Int, _ height: Int, colour: UInt8 = 0, depth: UInt8 = 8, interlace: UInt8 = 0) -> Data {
        var data = Data()
        data.append(UInt32(width), bigEndian: true)
        data.append(UInt32(height), bigEndian: true)
        return data + [depth, colour, 0, 0, interlace]
    }

    static func chunk(_ name: String, _ data: Data) -> Data {
        let body = Data(name.utf8) + data
        var chunk = Data()
        chunk.append(UInt32(data.count), bigEndian: true)
        chunk += body
        chunk.append(body.withUnsafeBytes { CRC32.checksum($0) }, bigEndian: true)
        return chunk
    }

    /// A file whose chunks have the checksums of what they hold now.
    static func resealed(_ file: Data) -> Data {
        var file = Data(file)
        var offset = signature.count
        while offset + 12 <= file.count {
            let length = file[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= file.count - offset - 12 else { break }
            let end = offset + 8 + length
            let sum = file[offset + 4..<end].withUnsafeBytes { CRC32.checksum($0) }
            for place in 0..<4 { file[end + place] = UInt8(truncatingIfNeeded: sum >> UInt32(24 - 8 * place)) }
            offset = end + 4
        }
        return file
    }

    private static func zlib(_ raw: Data) -> Data {
        var data = Data([0x78, 0x01])
        for start in stride(from: 0, to: raw.count, by: 65_535) {
            let block = raw[start..<min(raw.count, start + 65_535)]
            data.append(block.endIndex == raw.count ? 1 : 0)
            data.append(UInt16(block.count), bigEndian: false)
            data.append(~UInt16(block.count), bigEndian: false)
            data += block
        }
        let sums = raw.reduce((UInt32(1), UInt32(0))) { sums, byte in
            let low = (sums.0 + UInt32(byte)) % 65_521
            return (low, (sums.1 + low) % 65_521)
        }
        data.append(sums.1 << 16 | sums.0, bigEndian: true)
        return data
    }
}

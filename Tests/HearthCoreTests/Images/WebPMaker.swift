import Foundation

/// Writes WebP containers around one lossless pixel.
enum WebPMaker {
    /// A lossless bitstream of one transparent pixel: signature, size 1 x 1, then five trivial code tables.
    static let pixel = Data([0x2F, 0, 0, 0, 0x10, 0x07, 0x10, 0x11, 0x11, 0x88, 0x88, 0xFE, 0x07])

    static let lossless = container(chunk("VP8L", pixel))

    static func extended(orientation: Int) -> Data {
        container(header(flags: 0x18) + chunk("VP8L", pixel) + chunk("EXIF", TIFFMaker.exif(orientation: orientation)))
    }

    static let animated: Data = {
        let frame = Data(repeating: 0, count: 12) + [100, 0, 0, 0] + chunk("VP8L", pixel)
        return container(
            header(flags: 0x12) + chunk("ANIM", Data(repeating: 0, count: 6)) + chunk("ANMF", frame)
                + chunk("ANMF", frame))
    }()

    /// The chunk that starts the extended layout.
    static func header(flags: UInt8, width: Int = 1, height: Int = 1) -> Data {
        var data = Data([flags, 0, 0, 0])
        for side in [width - 1, height - 1] {
            data += [UInt8(side & 0xFF), UInt8(side >> 8 & 0xFF), UInt8(side >> 16)]
        }
        return chunk("VP8X", data)
    }

    /// The first ten bytes of a lossy bitstream, and one partition of four.
    static func lossy(_ width: Int, _ height: Int) -> Data {
        var data = Data([4 << 5 | 0x10, 0, 0, 0x9D, 0x01, 0x2A])
        data.append(UInt16(width), bigEndian: false)
        data.append(UInt16(height), bigEndian: false)
        return data + [1, 2, 3, 4]
    }

    static func container(_ chunks: Data) -> Data {
        var file = Data("RIFF".utf8)
        file.append(UInt32(chunks.count + 4), bigEndian: false)
        return file + Data("WEBP".utf8) + chunks
    }

    static func chunk(_ name: String, _ data: Data) -> Data {
        var chunk = Data(name.utf8)
        chunk.append(UInt32(data.count), bigEndian: false)
        return chunk + data + (data.count % 2 == 0 ? Data() : Data([0]))
    }
}

import Foundation

/// Writes GIF 89a files; the LZW data clears its table so often that no code ever grows.
enum GIFMaker {
    static func picture(_ width: Int, _ height: Int, frames: Int) -> Data {
        var file = Data("GIF89a".utf8)
        file.append(UInt16(width), bigEndian: false)
        file.append(UInt16(height), bigEndian: false)
        file += [0x81, 0, 0] + Data(repeating: 0x3B, count: 12)  // four colours, all of trailer bytes
        file += [0x21, 0xFE, 3] + Data(";;;".utf8) + [0]
        for frame in 0..<frames {
            file += [0x21, 0xF9, 4, 0, 10, 0, 0, 0]
            file += [0x2C, 0, 0, 0, 0]
            file.append(UInt16(width), bigEndian: false)
            file.append(UInt16(height), bigEndian: false)
            file += frame % 2 == 0 ? Data([0]) : Data([0x81]) + Data(repeating: 0x2C, count: 12)
            file += [2] + subBlocks(lzw(pixels: width * height))
        }
        return file + [0x3B]
    }

    private static func subBlocks(_ data: Data) -> Data {
        var blocks = Data()
        for start in stride(from: 0, to: data.count, by: 255) {
            let block = data[start..<min(data.count, start + 255)]
            blocks += [UInt8(block.count)] + block
        }
        return blocks + [0]
    }

    /// Codes of three bits: clear (4) before every second pixel, end (5).
    private static func lzw(pixels: Int) -> Data {
        var codes: [UInt8] = []
        for pixel in 0..<pixels {
            if pixel % 2 == 0 { codes.append(4) }
            codes.append(UInt8(pixel % 4))
        }
        codes += pixels % 2 == 0 ? [4, 5] : [5]
        var bytes = Data(repeating: 0, count: (codes.count * 3 + 7) / 8)
        for (index, code) in codes.enumerated() {
            for bit in 0..<3 where code >> bit & 1 == 1 {
                bytes[(index * 3 + bit) / 8] |= 1 << UInt8((index * 3 + bit) % 8)
            }
        }
        return bytes
    }
}

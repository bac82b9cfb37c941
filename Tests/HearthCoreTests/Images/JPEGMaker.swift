import Foundation

/// Writes gray baseline JPEG files: each block is two zero bits, "the same mean" and "no more".
enum JPEGMaker {
    static func picture(_ width: Int, _ height: Int, restarts: Bool = false, orientation: Int? = nil) -> Data {
        var file = Data([0xFF, 0xD8])
        if let orientation {
            file += segment(0xE1, Data("Exif\0\0".utf8) + TIFFMaker.exif(orientation: orientation))
        }
        file += segment(0xFE, Data("not the end: ".utf8) + [0xFF, 0xD9])
        file += segment(0xDB, [0] + Data(repeating: 1, count: 64))
        file += frame(width, height)
        file += segment(0xC4, codeTable(class: 0)) + segment(0xC4, codeTable(class: 1))
        if restarts { file += segment(0xDD, [0, 4]) }
        file += segment(0xDA, [1, 1, 0, 0, 63, 0])
        let blocks = (width + 7) / 8 * ((height + 7) / 8)
        if restarts {
            for (number, start) in stride(from: 0, to: blocks, by: 4).enumerated() {
                if number > 0 { file += [0xFF, 0xD0 + UInt8((number - 1) % 8)] }
                file += entropy(min(4, blocks - start))
            }
        } else {
            file += entropy(blocks)
        }
        return file + [0xFF, 0xD9]
    }

    static func frame(_ width: Int, _ height: Int, marker: UInt8 = 0xC0) -> Data {
        var data = Data([8])
        data.append(UInt16(height), bigEndian: true)
        data.append(UInt16(width), bigEndian: true)
        return segment(marker, data + [1, 1, 0x11, 0])
    }

    static func segment(_ marker: UInt8, _ bytes: some Sequence<UInt8>) -> Data {
        let data = Data(bytes)
        var segment = Data([0xFF, marker])
        segment.append(UInt16(data.count + 2), bigEndian: true)
        return segment + data
    }

    /// One code of one bit, for the value 0.
    private static func codeTable(class kind: UInt8) -> Data { [kind << 4, 1] + Data(repeating: 0, count: 15) + [0] }

    private static func entropy(_ blocks: Int) -> Data {
        let bits = 2 * blocks
        let spare = (8 - bits % 8) % 8
        var data = Data(repeating: 0, count: (bits + 7) / 8)
        if let last = data.indices.last { data[last] = UInt8(1 << spare - 1) }
        return data
    }
}

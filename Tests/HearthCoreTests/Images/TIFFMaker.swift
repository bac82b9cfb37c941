import Foundation

/// Writes TIFF files, and the EXIF blocks that share their layout.
enum TIFFMaker {
    /// Fields of a directory that hold one value each.
    typealias Fields = [(tag: UInt16, value: UInt32)]

    /// Gray, uncompressed, rows in strips of four, with the directory behind the data.
    static func picture(_ width: Int, _ height: Int, bigEndian: Bool, compression: UInt32 = 1) -> Data {
        let strips = (height + 3) / 4
        var file = header(bigEndian, directory: 0)
        file += Data(repeating: 0x55, count: width * height)
        let offsets = file.count
        for strip in 0..<strips { file.append(UInt32(8 + strip * 4 * width), bigEndian: bigEndian) }
        let lengths = file.count
        for strip in 0..<strips { file.append(UInt32(min(4, height - strip * 4) * width), bigEndian: bigEndian) }
        let directory = file.count
        file += entries(
            [(256, UInt32(width)), (257, UInt32(height)), (258, 8), (259, compression), (262, 1)], bigEndian)
        file += entry(273, strips, strips == 1 ? 8 : offsets, bigEndian)
        file += entries([(274, 1), (277, 1), (278, 4)], bigEndian)
        file += entry(279, strips, strips == 1 ? width * height : lengths, bigEndian)
        file.append(UInt32(0), bigEndian: bigEndian)
        file.replaceSubrange(0..<8, with: header(bigEndian, directory: directory))
        file.insert(contentsOf: count(10, bigEndian), at: directory)
        return file
    }

    /// Gray, in one tile of some size, packed in a way that says nothing of it.
    static func tiled(_ width: UInt32, _ height: UInt32, tile: (width: UInt32, height: UInt32)) -> Data {
        let fields: Fields = [
            (256, width), (257, height), (258, 8), (259, 5), (262, 1), (277, 1), (322, tile.width), (323, tile.height),
            (324, 8), (325, 16),
        ]
        let directory = header(false, directory: 24) + Data(repeating: 0x55, count: 16)
        return directory + count(fields.count, false) + entries(fields, false) + Data(count: 4)
    }

    /// Gray, each of its strips a JPEG by itself; with `repeats`, all strips name the bytes of the first.
    static func jpegStrips(_ strips: [Data], repeats: Bool = false) -> Data {
        let data = repeats ? strips[0] : strips.reduce(Data(), +)
        var offsets = Data()
        var lengths = Data()
        for strip in strips {
            offsets.append(UInt32(repeats ? 8 : 8 + lengths.count / 4 * strip.count), bigEndian: false)
            lengths.append(UInt32(strip.count), bigEndian: false)
        }
        let start = 8 + data.count
        let isOne = strips.count == 1
        let fields =
            entries([(256, 8), (257, UInt32(8 * strips.count)), (258, 8), (259, 7), (262, 1)], false)
            + entry(273, strips.count, isOne ? 8 : start, false) + entries([(277, 1), (278, 8)], false)
            + entry(279, strips.count, isOne ? strips[0].count : start + offsets.count, false)
        return header(false, directory: start + 2 * offsets.count) + data + offsets + lengths + count(9, false) + fields
            + Data(count: 4)
    }

    /// Four by four pixels of gray in one strip of 512 bytes, but for the fields that are given.
    static func strip(_ fields: [UInt16: UInt32]) -> Data {
        var all: [UInt16: UInt32] = [
            256: 4, 257: 4, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 4, 279: 512,
        ]
        all.merge(fields) { $1 }
        let sorted = all.sorted { $0.key < $1.key }.map { (tag: $0.key, value: $0.value) }
        return header(false, directory: 520) + Data(repeating: 0x55, count: 512) + count(sorted.count, false)
            + entries(sorted, false) + Data(count: 4)
    }

    /// An EXIF block that says the orientation.
    static func exif(orientation: Int) -> Data {
        header(true, directory: 8) + count(2, true) + entries([(271, 0), (274, UInt32(orientation))], true)
            + Data(count: 4)
    }

    static func header(_ bigEndian: Bool, directory: Int) -> Data {
        var data = Data(bigEndian ? "MM".utf8 : "II".utf8)
        data.append(UInt16(42), bigEndian: bigEndian)
        data.append(UInt32(directory), bigEndian: bigEndian)
        return data
    }

    private static func count(_ count: Int, _ bigEndian: Bool) -> Data {
        var data = Data()
        data.append(UInt16(count), bigEndian: bigEndian)
        return data
    }

    private static func entries(_ fields: Fields, _ bigEndian: Bool) -> Data {
        fields.reduce(into: Data()) { $0 += entry($1.tag, 1, Int($1.value), bigEndian) }
    }

    private static func entry(_ tag: UInt16, _ count: Int, _ value: Int, _ bigEndian: Bool) -> Data {
        var data = Data()
        // Orientation is a short by the standard; the others may be longs.
        let isShort = tag == 274
        data.append(tag, bigEndian: bigEndian)
        data.append(UInt16(isShort ? 3 : 4), bigEndian: bigEndian)
        data.append(UInt32(count), bigEndian: bigEndian)
        if isShort {
            data.append(UInt16(value), bigEndian: bigEndian)
            data.append(UInt16(0), bigEndian: bigEndian)
        } else {
            data.append(UInt32(value), bigEndian: bigEndian)
        }
        return data
    }
}

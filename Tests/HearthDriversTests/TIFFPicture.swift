import Foundation

/// Writes small uncompressed TIFF 6.0 files, so that tests know every pixel of a picture.
struct TIFFPicture {
    enum Colour: UInt16 {
        case gray = 1
        case rgb = 2
        case cmyk = 5
        /// L* as 0…255, a* and b* as signed bytes.
        case lab = 8
    }

    var width: Int
    var height: Int
    /// Row-major samples of all channels, 8 or 16 bits each.
    var samples: [UInt16]
    var colour = Colour.rgb
    var bits = 8
    var hasAlpha = false
    var orientation = 1

    /// A file as a decoder gets it.
    var bytes: Data {
        let channels = [Colour.gray: 1, .rgb: 3, .cmyk: 4, .lab: 3][colour, default: 3] + (hasAlpha ? 1 : 0)
        var pixels = Data()
        for sample in samples {
            pixels.append(UInt8(truncatingIfNeeded: sample))
            if bits == 16 { pixels.append(UInt8(truncatingIfNeeded: sample >> 8)) }
        }
        var fields: [(tag: UInt16, type: UInt16, values: [UInt32])] = [
            (256, 4, [UInt32(width)]), (257, 4, [UInt32(height)]),
            (258, 3, Array(repeating: UInt32(bits), count: channels)), (259, 3, [1]),
            (262, 3, [UInt32(colour.rawValue)]), (273, 4, [0]), (274, 3, [UInt32(orientation)]),
            (277, 3, [UInt32(channels)]), (278, 4, [UInt32(height)]), (279, 4, [UInt32(pixels.count)]),
        ]
        if hasAlpha { fields.append((338, 3, [2])) }
        let directoryEnd = 8 + 2 + fields.count * 12 + 4
        var extra = Data()
        var file = Data([0x49, 0x49, 0x2A, 0x00])
        file.append(little: UInt32(8))
        file.append(little: UInt16(fields.count))
        let longValues = fields.filter { $0.type == 3 && $0.values.count > 2 }.reduce(0) { $0 + $1.values.count * 2 }
        for field in fields {
            file.append(little: field.tag)
            file.append(little: field.type)
            file.append(little: UInt32(field.values.count))
            if field.tag == 273 {
                file.append(little: UInt32(directoryEnd + longValues))
            } else if field.type == 4 {
                file.append(little: field.values[0])
            } else if field.values.count <= 2 {
                for value in field.values + Array(repeating: 0, count: 2 - field.values.count) {
                    file.append(little: UInt16(value))
                }
            } else {
                file.append(little: UInt32(directoryEnd + extra.count))
                for value in field.values { extra.append(little: UInt16(value)) }
            }
        }
        file.append(little: UInt32(0))
        return file + extra + pixels
    }
}

extension Data {
    fileprivate mutating func append(little value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}

package import struct Foundation.Data

extension Data {
    /// float32, little-endian: vectors as rows hold them.
    package init(littleEndian vector: [Float]) {
        // A closure: a key path of two steps is looked up for each number, which took most of the time of storing.
        self = vector.map { $0.bitPattern.littleEndian }.withUnsafeBytes { Data($0) }
    }

    /// The numbers that these bytes are, float32 and little-endian; what is left at the end is not looked at.
    package var littleEndianFloats: [Float] {
        withUnsafeBytes { buffer in
            (0..<buffer.count / 4).map {
                Float(bitPattern: UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
            }
        }
    }
}

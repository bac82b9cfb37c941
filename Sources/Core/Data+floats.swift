package import struct Foundation.Data

extension Data {
    /// float32, little-endian: vectors as rows hold them.
    package init(littleEndian vector: [Float]) {
        #if _endian(little)
            self = vector.withUnsafeBytes { Data($0) }
        #else
            self = vector.map { $0.bitPattern.littleEndian }.withUnsafeBytes { Data($0) }
        #endif
    }

    /// The numbers that these bytes are, float32 and little-endian; what is left at the end is not looked at.
    package var littleEndianFloats: [Float] {
        withUnsafeBytes { bytes in
            let count = bytes.count / 4
            #if _endian(little)
                return [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
                    UnsafeMutableRawBufferPointer(buffer).copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: bytes[..<(count * 4)]))
                    initialised = count
                }
            #else
                return (0..<count).map { place in
                    let bits = bytes.loadUnaligned(fromByteOffset: place * 4, as: UInt32.self)
                    return Float(bitPattern: UInt32(littleEndian: bits))
                }
            #endif
        }
    }
}

package import HearthCore

/// The rows of a .npy file that arrives in pieces.
package struct ArrayRows: Sendable {
    private var pending: [UInt8] = []
    private var position = 0
    private var rowsRead = 0
    /// Known once enough bytes have come.
    package private(set) var header: ArrayHeader?

    package init() {}

    /// Adds the next bytes of the file.
    package mutating func append(_ bytes: some Sequence<UInt8>) {
        if position > 0 {
            pending.removeFirst(position)
            position = 0
        }
        pending.append(contentsOf: bytes)
    }

    /// The next row; nil when more bytes are needed, or there is no more row.
    /// - Throws: ``HearthError`` `invalid_request` when the header is not understood, or bytes follow the last row.
    package mutating func next() throws(HearthError) -> [Float]? {
        if header == nil {
            guard let (header, length) = try ArrayHeader.read(pending) else { return nil }
            self.header = header
            position = length
        }
        guard let header else { return nil }
        guard rowsRead < header.rows else {
            guard position == pending.count else { throw ArrayHeader.malformed("what follows the last row") }
            return nil
        }
        let length = header.dims * header.element.bytes
        guard pending.count - position >= length else { return nil }
        let row = Self.floats(pending[position..<position + length], header.element)
        position += length
        rowsRead += 1
        return row
    }

    /// Checks that nothing is missing; called when the file has ended.
    /// - Throws: ``HearthError`` `invalid_request`.
    package func finish() throws(HearthError) {
        guard let header else { throw ArrayHeader.malformed("its end") }
        guard rowsRead == header.rows, position == pending.count else {
            throw HearthError(
                .invalidRequest, "The file ends after \(rowsRead) of \(header.rows) rows.", hint: "Send it whole.")
        }
    }

    private static func floats(_ bytes: ArraySlice<UInt8>, _ element: ArrayHeader.Element) -> [Float] {
        bytes.withUnsafeBytes { bytes in
            (0..<bytes.count / element.bytes).map { index in
                let offset = index * element.bytes
                switch element {
                case .float16:
                    return half(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
                case .float32:
                    return Float(
                        bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
                case .float64:
                    return Float(
                        Double(
                            bitPattern: UInt64(
                                littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))))
                }
            }
        }
    }

    /// An IEEE 754 binary16 as float32, which holds each of them exactly.
    static func half(_ bits: UInt16) -> Float {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10) & 0x1F
        let fraction = UInt32(bits & 0x3FF)
        switch exponent {
        case 0:
            // Subnormal: a multiple of 2^-24.
            let magnitude = Float(fraction) * 0x1p-24
            return sign == 0 ? magnitude : -magnitude
        case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
        default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }
}

/// The checksum of PNG chunks (ISO 3309, reflected polynomial 0xEDB88320), sixteen bytes a step.
package enum CRC32 {
    /// The checksum of `bytes`.
    package static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            guard let table = tables.baseAddress else { return 0 }
            return ~update(~0, bytes, table)
        }
    }

    /// The checksum of what comes in pieces.
    package struct Sum: Sendable {
        private var state: UInt32 = ~0

        package init() {}

        /// Takes in the next piece.
        package mutating func update(_ piece: UnsafeRawBufferPointer) {
            state = CRC32.tables.withUnsafeBufferPointer { tables in
                guard let table = tables.baseAddress else { return state }
                return CRC32.update(state, piece, table)
            }
        }

        /// Of all pieces so far.
        package var value: UInt32 { ~state }
    }

    /// Sixteen tables of 256 words, one after the other: table n is the effect of a byte followed by n zero bytes.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 16 * 256)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xEDB8_8320 }
            tables[index] = value
        }
        for index in 256..<tables.count {
            let previous = tables[index - 256]
            tables[index] = previous >> 8 ^ tables[Int(previous & 0xFF)]
        }
        return tables
    }()

    private static func update(
        _ start: UInt32, _ bytes: UnsafeRawBufferPointer, _ table: UnsafePointer<UInt32>
    ) -> UInt32 {
        guard let base = bytes.baseAddress else { return start }
        var crc = start
        var position = 0
        while bytes.count - position >= 16 {
            let low = UInt64(littleEndian: (base + position).loadUnaligned(as: UInt64.self)) ^ UInt64(crc)
            let high = UInt64(littleEndian: (base + position + 8).loadUnaligned(as: UInt64.self))
            crc = eight(low, table + 8 * 256) ^ eight(high, table)
            position += 16
        }
        while position < bytes.count {
            crc = crc >> 8 ^ table[Int((crc ^ UInt32(bytes[position])) & 0xFF)]
            position += 1
        }
        return crc
    }

    /// The joint effect of eight bytes; `table` is that of the last of them.
    @inline(__always)
    private static func eight(_ word: UInt64, _ table: UnsafePointer<UInt32>) -> UInt32 {
        @inline(__always)
        func effect(_ byte: Int) -> UInt32 {
            table[(7 - byte) * 256 + Int(truncatingIfNeeded: word >> (8 * UInt64(byte)) & 0xFF)]
        }
        return effect(0) ^ effect(1) ^ effect(2) ^ effect(3) ^ effect(4) ^ effect(5) ^ effect(6) ^ effect(7)
    }
}

import Foundation

/// Makes identifiers: UUIDv7 text (RFC 9562 section 5.7), rising within one process.
package enum Identifier {
    private struct Last {
        var millisecond: Int64 = 0
        var counter: UInt16 = 0
    }

    private static let last = Locked(Last())

    /// A new identifier; sorts after every one made before it in this process.
    package static func make(now: Int64 = SystemClock().now()) -> String {
        let (millisecond, counter) = last.withLock { last in
            if now > last.millisecond {
                last.millisecond = now
                last.counter = UInt16.random(in: 0..<0x800)
            } else if last.counter >= 0xFFF {
                last.millisecond += 1
                last.counter = 0
            } else {
                last.counter += 1
            }
            return (last.millisecond, last.counter)
        }
        var random = SystemRandomNumberGenerator()
        let tail = random.next()
        let time = UInt64(millisecond)
        let high = time << 16 | 0x7000 | UInt64(counter)
        let low = (tail & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        return text(high: high, low: low)
    }

    /// The identifier that a text always gives: for what is to be known again by the same name.
    /// - Parameter other: an identifier whose time, by which lists are in order, is kept; nil: none.
    package static func derived(from text: String, sortedAs other: String? = nil) -> String {
        var digits = Array(Digest256(of: Data(text.utf8)).hex.prefix(32))
        if let other, isValid(other) { digits.replaceSubrange(0..<12, with: other.filter { $0 != "-" }.prefix(12)) }
        // UUID version 8 (RFC 9562): its maker's own bits.
        digits[12] = "8"
        digits[16] = "8"
        var identifier = String(digits)
        for place in [8, 13, 18, 23] {
            identifier.insert("-", at: identifier.index(identifier.startIndex, offsetBy: place))
        }
        return identifier
    }

    /// Whether a text has the form of an identifier; anything else is refused before it reaches a query.
    package static func isValid(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return false }
        return bytes.enumerated().allSatisfy { index, byte in
            switch index {
            case 8, 13, 18, 23: byte == UInt8(ascii: "-")
            default: (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
            }
        }
    }

    private static func text(high: UInt64, low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var position = 0
            for (word, bits) in [(high, 64), (low, 64)] {
                for shift in stride(from: bits - 4, through: 0, by: -4) {
                    if position == 8 || position == 13 || position == 18 || position == 23 {
                        buffer[position] = UInt8(ascii: "-")
                        position += 1
                    }
                    let digit = UInt8(truncatingIfNeeded: (word >> UInt64(shift)) & 0xF)
                    buffer[position] = digit < 10 ? 0x30 + digit : 0x57 + digit
                    position += 1
                }
            }
            return position
        }
    }
}

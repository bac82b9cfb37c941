package import Foundation

extension Data {
    /// Copies of a binary file in which one number is another: at each offset, in each width and byte order, those that
    /// arithmetic goes wrong with (0, the greatest, one below it, the greatest and the least with a sign).
    ///
    /// The code under test must read or refuse each; a trap ends the test. The place says how to make the copy again.
    package func withExtremeNumbers(
        at offsets: Range<Int>? = nil, _ body: (_ copy: Data, _ place: String) throws -> Void
    ) rethrows {
        let whole = Data(self)
        for offset in offsets ?? 0..<whole.count {
            for width in [1, 2, 4, 8] where offset + width <= whole.count {
                let greatest = UInt64.max >> UInt64(64 - 8 * width)
                for value in [0, greatest, greatest - 1, greatest >> 1, greatest >> 1 + 1] {
                    for isBigEndian in width == 1 ? [false] : [false, true] {
                        var copy = whole
                        for place in 0..<width {
                            let shift = UInt64(8 * (isBigEndian ? width - 1 - place : place))
                            copy[offset + place] = UInt8(truncatingIfNeeded: value >> shift)
                        }
                        try body(copy, "offset \(offset), \(width) bytes\(isBigEndian ? ", big-endian" : ""): \(value)")
                    }
                }
            }
        }
    }
}

extension Data {
    /// Copies of a file of Protocol Buffers in which one varint is another that arithmetic goes wrong with: 0, the
    /// greatest and one below it, also with a sign, -1, written with more bytes than needed, and without an end.
    ///
    /// A varint is replaced wherever one could begin, so at every offset.
    package func withExtremeVarints(_ body: (_ copy: Data, _ place: String) throws -> Void) rethrows {
        let whole = Data(self)
        let signed = UInt64(Int64.max)
        var values = [
            0, 1, UInt64.max, .max - 1, signed, signed - 1, signed + 1, UInt64(UInt32.max), UInt64(Int32.max),
        ]
        .map { ("\($0)", Self.varint($0)) }
        for count in [2, 10, 11] {
            values.append(("0 in \(count) bytes", Data(repeating: 0x80, count: count - 1) + [0]))
            values.append(("\(count) bytes of ones", Data(repeating: 0xFF, count: count - 1) + [0x7F]))
        }
        values.append(("no end", Data(repeating: 0xFF, count: 12)))
        for offset in whole.indices {
            let last = whole[offset...].firstIndex { $0 & 0x80 == 0 } ?? whole.endIndex - 1
            for (name, bytes) in values {
                try body(whole[..<offset] + bytes + whole[(last + 1)...], "offset \(offset): \(name)")
            }
        }
    }

    /// A number as Protocol Buffers write it, in as few bytes as it needs.
    private static func varint(_ value: UInt64) -> Data {
        var (rest, bytes) = (value, Data())
        while rest > 0x7F {
            bytes.append(UInt8(rest & 0x7F | 0x80))
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}

extension String {
    /// Copies of a JSON text in which one number is another that arithmetic goes wrong with.
    package func withExtremeNumbers(_ body: (_ copy: String, _ place: String) throws -> Void) rethrows {
        let values = [
            "0", "-1", "4294967295", "9007199254740993", "9223372036854775807", "9223372036854775808",
            "18446744073709551615", "1e308", "-1e308", "1e-400", "0.5",
        ]
        for match in matches(of: /[:\[,\s](?<number>-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?)/) {
            let number = match.output.number
            for value in values {
                var copy = self
                copy.replaceSubrange(number.startIndex..<number.endIndex, with: value)
                let offset = utf8.distance(from: startIndex, to: number.startIndex)
                try body(copy, "offset \(offset): \(value) for \(number)")
            }
        }
    }
}

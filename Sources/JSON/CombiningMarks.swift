/// Runs of combining marks in texts that clients send.
///
/// Comparing or hashing a `String` brings each run of marks into Unicode's canonical order, and the time of this
/// grows with the square of the run: one comparison with a run of 500,000 takes minutes. With short runs it grows with
/// the text alone. No language needs more than a few marks; a text in Unicode's stream-safe format has at most 30 in a
/// row (UAX #15, section 13).
package enum CombiningMarks {
    /// Most marks that may follow each other in a text of a client.
    package static let longestRun = 256

    /// What is said of a text with a longer run.
    package static let problem = "has more than \(longestRun) combining marks in a row"

    /// Whether valid UTF-8 has a longer run.
    package static func areTooMany(in bytes: UnsafeRawBufferPointer) -> Bool {
        // The shortest mark has two bytes.
        guard bytes.count > 2 * longestRun else { return false }
        var (position, run) = (0, 0)
        while position < bytes.count {
            if bytes.count - position >= 8,
                bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                position += 8
                run = 0
                continue
            }
            let (value, length) = scalar(bytes, at: position)
            position += length
            run = isMark(value) ? run + 1 : 0
            if run > longestRun { return true }
        }
        return false
    }

    /// The scalar at a place of valid UTF-8, and its bytes; at the end of what is cut off, one byte that is no mark.
    @inline(__always)
    private static func scalar(_ bytes: UnsafeRawBufferPointer, at position: Int) -> (value: UInt32, length: Int) {
        let first = bytes[position]
        let length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        guard length > 1, length <= bytes.count - position else { return (0, 1) }
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for place in position + 1..<position + length { value = value << 6 | UInt32(bytes[place] & 0x3F) }
        return (value, length)
    }

    /// Whether Unicode gives it a canonical combining class.
    private static func isMark(_ value: UInt32) -> Bool {
        // Below are Latin letters; between lie CJK and Hangul, where there is none.
        guard value >= 0x300, !(0x3100..<0xA660).contains(value), !(0xAC00..<0xD800).contains(value),
            let scalar = Unicode.Scalar(value)
        else { return false }
        return scalar.properties.canonicalCombiningClass != .notReordered
    }
}

extension String {
    /// The text of a client: nil when the bytes are not valid UTF-8, or have ``CombiningMarks/areTooMany(in:)``.
    package init?(clientText bytes: some Collection<UInt8>) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        guard !text.hasTooManyMarks else { return nil }
        self = text
    }

    /// Whether comparing it could take longer than its length allows for; see ``CombiningMarks``.
    package var hasTooManyMarks: Bool {
        guard utf8.count > 2 * CombiningMarks.longestRun else { return false }
        var text = self
        return text.withUTF8 { CombiningMarks.areTooMany(in: UnsafeRawBufferPointer($0)) }
    }
}

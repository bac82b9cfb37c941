package import Foundation

/// Base64 (RFC 4648) to bytes at memory speed: the way pictures travel in JSON.
package enum Base64 {
    /// Decodes `text`: standard and URL-safe alphabet, padding optional, white space between characters ignored,
    /// with or without a `data:…;base64,` prefix.
    ///
    /// - Parameter field: the name of the field in error messages.
    /// - Throws: ``JSONError``; the message has the offset of the character.
    package static func decode(
        _ text: UnsafeRawBufferPointer, field: String = "base64"
    ) throws(JSONError) -> Data {
        let start = try prefixLength(text, field)
        let capacity = (text.count - start) / 4 * 3 + 3
        let output = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        do throws(JSONError) {
            let count = try tables.withBuffer { tables throws(JSONError) in
                var run = Base64Run(text: text, position: start, output: output, tables: tables)
                return try run.decode(field)
            }
            return Data(bytesNoCopy: output, count: count, deallocator: .custom { pointer, _ in pointer.deallocate() })
        } catch {
            output.deallocate()
            throw error
        }
    }

    /// Decodes a string; see ``decode(_:field:)-(UnsafeRawBufferPointer,_)``.
    /// - Throws: ``JSONError``; the message has the offset of the character.
    package static func decode(_ text: String, field: String = "base64") throws(JSONError) -> Data {
        var text = text
        return try text.withUTF8 { bytes -> Result<Data, JSONError> in
            do throws(JSONError) {
                return .success(try decode(UnsafeRawBufferPointer(bytes), field: field))
            } catch { return .failure(error) }
        }.get()
    }

    /// Offset behind `data:…;base64,`, 0 when the text does not start with `data:`.
    private static func prefixLength(_ text: UnsafeRawBufferPointer, _ field: String) throws(JSONError) -> Int {
        guard text.count >= 5, matches(text, at: 0, "data:") else { return 0 }
        let window = 0..<min(text.count, longestPrefix)
        guard let comma = text.firstOffset(of: UInt8(ascii: ","), in: window), comma >= 12,
            matches(text, at: comma - 7, ";base64")
        else {
            throw JSONError(
                "`\(field)` is a data URL that is not base64.",
                hint: "Send `data:image/…;base64,` and the base64 text, or the base64 text alone.")
        }
        return comma + 1
    }

    /// Longest `data:` prefix that is looked at, in bytes.
    private static let longestPrefix = 256

    private static func matches(_ text: UnsafeRawBufferPointer, at offset: Int, _ word: StaticString) -> Bool {
        let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard offset >= 0, offset + letters.count <= text.count else { return false }
        return letters.indices.allSatisfy { [text[offset + $0], text[offset + $0] | 0x20].contains(letters[$0]) }
    }

    private static let tables = Base64Tables()
}

/// Four tables of 256 words: the three output bytes that a character gives at each of the four places of a group.
///
/// The words of a group are joined by `|`; their low three bytes are the output in memory order. A character outside
/// of both alphabets has ``invalid`` set, which no valid one has.
struct Base64Tables: Sendable {
    /// Set in the word of a character that belongs to no alphabet.
    static let invalid: UInt32 = 0x8000_0000
    /// What ``value(of:)`` gives for such a character.
    static let noValue: UInt8 = 0xFF

    private let words: [UInt32]

    init() {
        var words = [UInt32](repeating: Self.invalid, count: 1_024)
        for byte in UInt8.min...UInt8.max {
            let value = UInt32(Self.value(of: byte))
            guard value < 64 else { continue }
            let index = Int(byte)
            words[index] = value << 2
            words[256 + index] = value >> 4 | (value & 0x0F) << 12
            words[512 + index] = (value >> 2) << 8 | (value & 0x03) << 22
            words[768 + index] = value << 16
        }
        self.words = words
    }

    /// Lends the tables, one after the other.
    func withBuffer<Result>(
        _ body: (UnsafePointer<UInt32>) throws(JSONError) -> Result
    ) throws(JSONError) -> Result {
        try words.withUnsafeBufferPointer { words -> Swift.Result<Result, JSONError> in
            guard let base = words.baseAddress else {
                return .failure(JSONError("The base64 tables are empty.", kind: .fault))
            }
            do throws(JSONError) { return .success(try body(base)) } catch { return .failure(error) }
        }.get()
    }

    /// The six bits of a character, ``noValue`` when it is none of the alphabets.
    static func value(of byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: noValue
        }
    }
}

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

import HearthCore
import HearthJSON

/// The fields of a URL's query as `application/x-www-form-urlencoded` (WHATWG URL, section 5.1): `+` is a blank.
struct QueryFields {
    /// Names and values in their order; a name may come more than once.
    let fields: [(name: String, value: String)]

    /// - Throws: ``HearthError`` `invalid_request` when a name or a value is no UTF-8.
    init(_ query: some StringProtocol) throws(HearthError) {
        var fields: [(name: String, value: String)] = []
        for field in query.utf8.split(separator: UInt8(ascii: "&")) {
            let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            fields.append((try Self.text(parts[0]), parts.count > 1 ? try Self.text(parts[1]) : ""))
        }
        self.fields = fields
    }

    private static func text(_ encoded: some Collection<UInt8>) throws(HearthError) -> String {
        let encoded = Array(encoded)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encoded.count)
        var index = 0
        while index < encoded.count {
            let byte = encoded[index]
            if byte == UInt8(ascii: "%"), index + 2 < encoded.count, let high = digit(encoded[index + 1]),
                let low = digit(encoded[index + 2])
            {
                bytes.append(high << 4 | low)
                index += 3
            } else {
                // A percent sign that begins no escape stands for itself.
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                index += 1
            }
        }
        guard let text = String(clientText: bytes) else {
            throw HearthError(.invalidRequest, "The query is not valid UTF-8, or \(CombiningMarks.problem).")
        }
        return text
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

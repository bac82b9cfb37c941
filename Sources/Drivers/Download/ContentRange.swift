/// `Content-Range: bytes 5-9/10`, or `bytes */10` with a status 416 (RFC 9110, 14.4).
struct ContentRange: Equatable {
    /// First byte of the part; nil: no part could be sent.
    let start: Int?
    /// Length of the whole; nil: the server does not say.
    let total: Int?

    /// - Returns: nil when it is written in another way.
    init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: true)
        guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
        let sides = words[1].split(separator: "/", omittingEmptySubsequences: false)
        guard sides.count == 2 else { return nil }
        guard sides[1] == "*" || Self.number(sides[1]) != nil else { return nil }
        total = Self.number(sides[1])
        if sides[0] == "*" {
            start = nil
            return
        }
        let ends = sides[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]), first <= last,
            last < total ?? .max
        else { return nil }
        start = first
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}

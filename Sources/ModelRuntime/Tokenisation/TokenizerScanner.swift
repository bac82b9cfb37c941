import HearthCore
import HearthJSON

/// Finds the values of a JSON text (RFC 8259) in one pass; strict in syntax, bounded in depth.
struct TokenizerScanner {
    private typealias Node = TokenizerDocument.Node
    private typealias Kind = TokenizerDocument.Kind

    private let bytes: [UInt8]
    private var position = 0
    private var nodes: [TokenizerDocument.Node] = []

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// - Throws: ``HearthError`` `invalid_configuration`; the message has the offset of the byte.
    mutating func scan() throws(HearthError) -> [TokenizerDocument.Node] {
        nodes.reserveCapacity(bytes.count / 10)
        try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw failure("something follows the value") }
        return nodes
    }

    static func hexadecimal(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    private mutating func value(depth: Int) throws(HearthError) {
        skipSpace()
        guard position < bytes.count else { throw failure("the text ends where a value should be") }
        switch bytes[position] {
        case UInt8(ascii: "{"): try container(.object, end: UInt8(ascii: "}"), depth: depth)
        case UInt8(ascii: "["): try container(.array, end: UInt8(ascii: "]"), depth: depth)
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try word("true", .yes)
        case UInt8(ascii: "f"): try word("false", .no)
        case UInt8(ascii: "n"): try word("null", .null)
        default: try number()
        }
    }

    private mutating func container(_ kind: TokenizerDocument.Kind, end: UInt8, depth: Int) throws(HearthError) {
        guard depth < JSONParser.maximumDepth else {
            throw failure("nested deeper than \(JSONParser.maximumDepth) levels")
        }
        let index = nodes.count
        append(kind, position..<position)
        position += 1
        skipSpace()
        if !take(end) {
            while true {
                if kind == .object {
                    skipSpace()
                    guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                        throw failure("a key in quotes should be here")
                    }
                    try string()
                    skipSpace()
                    guard take(UInt8(ascii: ":")) else { throw failure("a colon should be here") }
                }
                try value(depth: depth + 1)
                skipSpace()
                if take(UInt8(ascii: ",")) { continue }
                guard take(end) else { throw failure("a comma or a closing bracket should be here") }
                break
            }
        }
        nodes[index].end = UInt32(position)
        nodes[index].next = UInt32(nodes.count)
    }

    private mutating func string() throws(HearthError) {
        let start = position + 1
        var index = start
        var kind = Kind.string
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                append(kind, start..<index)
                position = index + 1
                return
            case UInt8(ascii: "\\"):
                kind = .escapedString
                guard let length = escapeLength(at: index + 1) else {
                    throw failure("the string has a bad escape", at: index)
                }
                index += 1 + length
            case 0x00...0x1F: throw failure("the string has a bare control character", at: index)
            default: index += 1
            }
        }
        throw failure("the string has no end", at: start)
    }

    /// Bytes of an escape without its backslash; nil when there is no such escape.
    private func escapeLength(at index: Int) -> Int? {
        guard index < bytes.count else { return nil }
        guard bytes[index] == UInt8(ascii: "u") else {
            return "\"\\/bfnrt".utf8.contains(bytes[index]) ? 1 : nil
        }
        guard let first = codeUnit(at: index + 1) else { return nil }
        guard (0xD800..<0xE000).contains(first) else { return 5 }
        guard first < 0xDC00, index + 6 < bytes.count, bytes[index + 5] == UInt8(ascii: "\\"),
            bytes[index + 6] == UInt8(ascii: "u"), let second = codeUnit(at: index + 7),
            (0xDC00..<0xE000).contains(second)
        else { return nil }
        return 11
    }

    private func codeUnit(at index: Int) -> UInt32? {
        guard index + 4 <= bytes.count else { return nil }
        var unit: UInt32 = 0
        for byte in bytes[index..<index + 4] {
            guard let digit = Self.hexadecimal(byte) else { return nil }
            unit = unit << 4 | digit
        }
        return unit
    }

    private mutating func number() throws(HearthError) {
        let start = position
        _ = take(UInt8(ascii: "-"))
        let leading = position
        guard digits() > 0 else { throw failure("no value starts with this character") }
        guard bytes[leading] != UInt8(ascii: "0") || position == leading + 1 else {
            throw failure("a number starts with 0", at: start)
        }
        if take(UInt8(ascii: ".")), digits() == 0 { throw failure("a digit should follow the point") }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
            guard digits() > 0 else { throw failure("the exponent has no digits") }
        }
        append(.number, start..<position)
    }

    private mutating func digits() -> Int {
        let start = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        return position - start
    }

    private mutating func word(_ word: String, _ kind: TokenizerDocument.Kind) throws(HearthError) {
        guard bytes[position...].starts(with: word.utf8) else {
            throw failure("the only words are true, false and null")
        }
        append(kind, position..<position)
        position += word.utf8.count
    }

    private mutating func append(_ kind: TokenizerDocument.Kind, _ range: Range<Int>) {
        nodes.append(
            Node(
                kind: kind, start: UInt32(range.lowerBound), end: UInt32(range.upperBound),
                next: UInt32(nodes.count + 1)))
    }

    @inline(__always)
    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    @inline(__always)
    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private func failure(_ reason: String, at offset: Int? = nil) -> HearthError {
        HearthError(
            .invalidConfiguration, "tokenizer.json is malformed at byte \(offset ?? position): \(reason).")
    }
}

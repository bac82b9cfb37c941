/// Finds the values of a JSON text (RFC 8259) in one pass over its bytes; bounded in depth and in number of values.
///
/// All of the syntax is checked, escapes and their surrogates among it, but for what stands for itself between the
/// quotes of a string: the reader of a string checks that it is valid UTF-8 without control characters.
package struct JSONScanner {
    private let bytes: UnsafeRawBufferPointer
    private let subject: String
    private let maximumDepth: Int
    private let maximumValues: Int
    private let maximumMembers: Int
    private var position = 0
    private var values = 0
    private var members = 0
    private var nodes: [JSONNode] = []

    /// The nodes of `bytes`, which is one JSON value; the first is that value.
    /// - Parameters:
    ///   - subject: what the text is called in error messages.
    ///   - maximumDepth: levels of arrays and objects.
    ///   - maximumValues: values, keys not counted.
    ///   - maximumMembers: values that have a key.
    ///   - expectedNodes: memory for so many is reserved at once.
    /// - Throws: ``JSONError``; the message has the offset of the byte.
    package static func scan(
        _ bytes: UnsafeRawBufferPointer, subject: String = "The JSON", maximumDepth: Int, maximumValues: Int = .max,
        maximumMembers: Int = .max, expectedNodes: Int = 8
    ) throws(JSONError) -> [JSONNode] {
        var scanner = JSONScanner(
            bytes: bytes, subject: subject, maximumDepth: maximumDepth, maximumValues: maximumValues,
            maximumMembers: maximumMembers)
        guard bytes.count < UInt32.max else { throw JSONError("\(subject) has more than 4 GB.") }
        scanner.nodes.reserveCapacity(expectedNodes)
        // A mark of UTF-8, which some editors write (RFC 8259, section 8.1: parsers may ignore it).
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { scanner.position = 3 }
        scanner.skipWhitespace()
        guard scanner.position < bytes.count else { throw JSONError("\(subject) is empty.") }
        try scanner.value(depth: 0)
        scanner.skipWhitespace()
        guard scanner.position == bytes.count else { throw scanner.failure("something follows the value") }
        return scanner.nodes
    }

    private mutating func value(depth: Int) throws(JSONError) {
        values += 1
        guard values <= maximumValues else { throw failure("more than \(maximumValues) values") }
        guard let first = peek() else { throw failure("the text ends where a value should be") }
        switch first {
        case UInt8(ascii: "{"): try object(depth: depth + 1)
        case UInt8(ascii: "["): try array(depth: depth + 1)
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try literal("true", .true)
        case UInt8(ascii: "f"): try literal("false", .false)
        case UInt8(ascii: "n"): try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        default: throw failure("no value starts with this character")
        }
    }

    private mutating func object(depth: Int) throws(JSONError) {
        let index = try open(.object, depth)
        if take(UInt8(ascii: "}")) { return }
        var count: UInt32 = 0
        while true {
            skipWhitespace()
            members += 1
            guard members <= maximumMembers else { throw failure("more than \(maximumMembers) members of objects") }
            guard peek() == UInt8(ascii: "\"") else { throw failure("a key in quotes should be here") }
            try string()
            skipWhitespace()
            guard take(UInt8(ascii: ":")) else { throw failure("a colon should be here") }
            skipWhitespace()
            try value(depth: depth)
            count += 1
            skipWhitespace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "}")) else { throw failure("a comma or a closing brace should be here") }
            return close(index, count)
        }
    }

    private mutating func array(depth: Int) throws(JSONError) {
        let index = try open(.array, depth)
        if take(UInt8(ascii: "]")) { return }
        var count: UInt32 = 0
        while true {
            skipWhitespace()
            try value(depth: depth)
            count += 1
            skipWhitespace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "]")) else { throw failure("a comma or a closing bracket should be here") }
            return close(index, count)
        }
    }

    /// Notes an array or object without anything in it, and passes its bracket and what white space follows.
    private mutating func open(_ kind: JSONNode.Kind, _ depth: Int) throws(JSONError) -> Int {
        guard depth <= maximumDepth else { throw failure("nested deeper than \(maximumDepth) levels") }
        append(kind, position..<position)
        position += 1
        skipWhitespace()
        return nodes.count - 1
    }

    private mutating func close(_ index: Int, _ count: UInt32) {
        nodes[index].count = count
        nodes[index].next = UInt32(nodes.count)
    }

    private mutating func literal(_ word: StaticString, _ kind: JSONNode.Kind) throws(JSONError) {
        let length = word.utf8CodeUnitCount
        guard bytes.count - position >= length,
            bytes[position..<position + length].elementsEqual(
                UnsafeBufferPointer(start: word.utf8Start, count: length))
        else { throw failure("the only words are true, false and null") }
        append(kind, position..<position + length)
        position += length
    }

    private mutating func number() throws(JSONError) {
        let start = position
        _ = take(UInt8(ascii: "-"))
        let firstDigit = position
        try digits()
        guard bytes[firstDigit] != UInt8(ascii: "0") || position == firstDigit + 1 else {
            throw failure("a number has no leading zeros", at: start)
        }
        var kind = JSONNode.Kind.integer
        if take(UInt8(ascii: ".")) {
            kind = .decimal
            try digits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            kind = .decimal
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        append(kind, start..<position)
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = peek(), byte >= 0x30, byte <= 0x39 { position += 1 }
        guard position > start else { throw failure("a digit should be here") }
    }

    @inline(__always)
    private mutating func append(_ kind: JSONNode.Kind, _ range: Range<Int>) {
        nodes.append(
            JSONNode(
                kind: kind, start: UInt32(truncatingIfNeeded: range.lowerBound),
                count: UInt32(truncatingIfNeeded: range.count), next: UInt32(truncatingIfNeeded: nodes.count + 1)))
    }

    @inline(__always)
    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    @inline(__always)
    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    @inline(__always)
    private mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private func failure(_ reason: String, at offset: Int? = nil) -> JSONError {
        JSONError("\(subject) is malformed at byte \(offset ?? position): \(reason).")
    }
}

extension JSONScanner {
    /// A string with its quotes; the position is at the opening one.
    private mutating func string() throws(JSONError) {
        let start = position + 1
        guard let quote = bytes.firstOffset(of: UInt8(ascii: "\""), in: start..<bytes.count) else {
            throw failure("the string has no end")
        }
        if let escape = bytes.firstOffset(of: UInt8(ascii: "\\"), in: start..<quote) {
            return try escapedString(start, escape: escape, quote: quote)
        }
        append(.string, start..<quote)
        position = quote + 1
    }

    /// A string with escapes in it; `quote` is the first quote, which an escape may turn out to own.
    private mutating func escapedString(_ start: Int, escape: Int, quote: Int) throws(JSONError) {
        var (escape, quote) = (escape, quote)
        while true {
            let next = try end(ofEscapeAt: escape)
            if next > quote {
                guard let later = bytes.firstOffset(of: UInt8(ascii: "\""), in: next..<bytes.count) else {
                    throw failure("the string has no end")
                }
                quote = later
            }
            guard let following = bytes.firstOffset(of: UInt8(ascii: "\\"), in: next..<quote) else { break }
            escape = following
        }
        append(.escapedString, start..<quote)
        position = quote + 1
    }

    /// Offset behind the escape whose backslash is at `offset`; a surrogate pair is one escape.
    private func end(ofEscapeAt offset: Int) throws(JSONError) -> Int {
        guard offset + 1 < bytes.count else { throw failure("the string has no end") }
        switch bytes[offset + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return offset + 2
        case UInt8(ascii: "u"): break
        default: throw failure("no such escape", at: offset)
        }
        guard let first = Self.codeUnit(bytes, at: offset + 2) else {
            throw failure("four hex digits expected", at: offset)
        }
        guard (0xD800...0xDFFF).contains(first) else { return offset + 6 }
        guard first < 0xDC00, offset + 7 < bytes.count, bytes[offset + 6] == UInt8(ascii: "\\"),
            bytes[offset + 7] == UInt8(ascii: "u"), let second = Self.codeUnit(bytes, at: offset + 8),
            (0xDC00...0xDFFF).contains(second)
        else { throw failure("a lone surrogate", at: offset) }
        return offset + 12
    }

    /// The number that four hex digits stand for; nil when there are not four.
    private static func codeUnit(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt32? {
        guard offset + 4 <= bytes.count else { return nil }
        var unit: UInt32 = 0
        for byte in bytes[offset..<offset + 4] {
            guard let digit = hexDigit(byte) else { return nil }
            unit = unit << 4 | digit
        }
        return unit
    }

    private static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte - 0x30)
        case 0x41...0x46: UInt32(byte - 0x41 + 10)
        case 0x61...0x66: UInt32(byte - 0x61 + 10)
        default: nil
        }
    }
}

extension JSONScanner {
    /// Appends to `buffer` the bytes that an ``JSONNode/Kind/escapedString`` stands for.
    /// - Parameter raw: its bytes in the text, whose escapes the scanner has checked.
    package static func unescape(_ raw: UnsafeRawBufferPointer, into buffer: inout [UInt8]) {
        buffer.reserveCapacity(buffer.count + raw.count)
        var position = 0
        while let escape = raw.firstOffset(of: UInt8(ascii: "\\"), in: position..<raw.count) {
            buffer.append(contentsOf: raw[position..<escape])
            position = append(escape: escape, of: raw, to: &buffer)
        }
        buffer.append(contentsOf: raw[position...])
    }

    /// Appends what one escape stands for and returns where it ends.
    private static func append(escape offset: Int, of raw: UnsafeRawBufferPointer, to buffer: inout [UInt8]) -> Int {
        switch raw[offset + 1] {
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"):
            var value = codeUnit(raw, at: offset + 2) ?? 0xFFFD
            let isPair = (0xD800...0xDBFF).contains(value)
            if isPair {
                let low = codeUnit(raw, at: offset + 8) ?? 0
                value = 0x10000 + ((value & 0x3FF) << 10 | (low & 0x3FF))
            }
            buffer.append(contentsOf: (Unicode.Scalar(value) ?? "\u{FFFD}").utf8)
            return offset + (isPair ? 12 : 6)
        default: buffer.append(raw[offset + 1])
        }
        return offset + 2
    }
}

/// A Swift type that stands for a list of fixed words in JSON.
enum JSONWords {
    /// The raw values of an enum with raw values that lists its cases; nil for every other type.
    static func of(_ type: Any.Type) -> [JSONValue]? {
        guard let type = type as? any (CaseIterable & RawRepresentable).Type else { return nil }
        return words(type)
    }

    /// Words as an error names them.
    static func list(_ words: [JSONValue]) -> String {
        words.map { $0.stringValue ?? $0.encodedText() }.joined(separator: ", ")
    }

    private static func words<Words: CaseIterable & RawRepresentable>(_ type: Words.Type) -> [JSONValue]? {
        let words = type.allCases.compactMap { ($0.rawValue as? any JSONScalar)?.json }
        return words.count == type.allCases.count ? words : nil
    }
}

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension UnsafeRawBufferPointer {
    /// Offset of the first `byte` in `range`, nil when there is none; runs at memory speed.
    ///
    /// The caller sees to it that `range` lies within the buffer.
    @inline(__always)
    package func firstOffset(of byte: UInt8, in range: Range<Int>) -> Int? {
        guard let base = baseAddress, !range.isEmpty else { return nil }
        assert(range.lowerBound >= 0 && range.upperBound <= count)
        guard let found = memchr(base + range.lowerBound, Int32(byte), range.count) else { return nil }
        return UnsafeRawPointer(found) - base
    }
}

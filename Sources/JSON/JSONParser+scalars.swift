extension JSONParser {
    /// The range between the quotes of a string without backslashes; nil, and nothing is consumed, otherwise.
    mutating func slice() -> Range<Int>? {
        guard peek() == UInt8(ascii: "\"") else { return nil }
        let start = position + 1
        guard let end = bytes.firstOffset(of: UInt8(ascii: "\""), in: start..<bytes.count),
            bytes.firstOffset(of: UInt8(ascii: "\\"), in: start..<end) == nil
        else { return nil }
        position = end + 1
        return start..<end
    }

    /// A string with its quotes; the position is at the opening one.
    mutating func string() throws(JSONError) -> String {
        let opening = position
        let start = opening + 1
        guard let end = bytes.firstOffset(of: UInt8(ascii: "\""), in: start..<bytes.count) else {
            throw failure("the string has no end")
        }
        if bytes.firstOffset(of: UInt8(ascii: "\\"), in: start..<end) != nil {
            return try escapedString(start, quote: end)
        }
        position = end + 1
        return try checked(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), opening)
    }

    /// Copies the runs between escapes; `quote` is the first quote, which an escape may turn out to own.
    private mutating func escapedString(_ start: Int, quote: Int) throws(JSONError) -> String {
        let opening = start - 1
        var quote = quote
        var result: [UInt8] = []
        result.reserveCapacity(quote - start)
        position = start
        while true {
            let run = bytes.firstOffset(of: UInt8(ascii: "\\"), in: position..<quote)
            let raw = UnsafeRawBufferPointer(rebasing: bytes[position..<(run ?? quote)])
            guard raw.allSatisfy({ $0 >= 0x20 }) else {
                throw failure("the string has a bare control character", at: opening)
            }
            result.append(contentsOf: raw)
            guard let run else { break }
            position = run + 1
            try escape(into: &result)
            if position > quote {
                guard let next = bytes.firstOffset(of: UInt8(ascii: "\""), in: position..<bytes.count) else {
                    throw failure("the string has no end", at: opening)
                }
                quote = next
            }
        }
        position = quote + 1
        guard let text = String(validating: result, as: UTF8.self) else {
            throw failure("the string is not valid UTF-8", at: opening)
        }
        return text
    }

    private func checked(_ raw: UnsafeRawBufferPointer, _ opening: Int) throws(JSONError) -> String {
        if let text = Self.text(raw) { return text }
        throw failure("the string has a bare control character or is not valid UTF-8", at: opening)
    }

    /// One escape; the position is behind its backslash.
    private mutating func escape(into result: inout [UInt8]) throws(JSONError) {
        let kind = peek()
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(bytes[position - 1])
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "u"): result.append(contentsOf: try scalar().utf8)
        default: throw failure("no such escape", at: position - 2)
        }
    }

    /// The scalar of `\uXXXX`, or of two of them that make a surrogate pair.
    private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
        let start = position - 2
        let first = try fourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw failure("a lone surrogate", at: start)
        }
        let second = try fourHexDigits()
        guard (0xDC00...0xDFFF).contains(second) else { throw failure("a lone surrogate", at: start) }
        let value = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
        guard let scalar = Unicode.Scalar(value) else { throw failure("a lone surrogate", at: start) }
        return scalar
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = peek(), let digit = Self.hexDigit(byte) else { throw failure("four hex digits expected") }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}

extension JSONParser {
    /// A number: `int` when it has neither fraction nor exponent.
    mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        let isNegative = take(UInt8(ascii: "-"))
        let firstDigit = position
        try digits()
        guard bytes[firstDigit] != UInt8(ascii: "0") || position == firstDigit + 1 else {
            throw failure("a number has no leading zeros", at: start)
        }
        var isInteger = true
        if take(UInt8(ascii: ".")) {
            isInteger = false
            try digits()
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return isInteger
            ? .int(try integer(firstDigit..<position, isNegative: isNegative)) : .double(try double(start..<position))
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = peek(), byte >= 0x30, byte <= 0x39 { position += 1 }
        guard position > start else { throw failure("a digit should be here") }
    }

    private func integer(_ range: Range<Int>, isNegative: Bool) throws(JSONError) -> Int64 {
        var value: Int64 = 0
        for byte in bytes[range] {
            let digit = Int64(byte - 0x30)
            let (shifted, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (next, carried) =
                isNegative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
            guard !overflowed, !carried else {
                throw failure("the integer does not fit 64 bits", at: range.lowerBound)
            }
            value = next
        }
        return value
    }

    private func double(_ range: Range<Int>) throws(JSONError) -> Double {
        guard let value = Double(String(decoding: bytes[range], as: UTF8.self)), value.isFinite else {
            throw failure("the number does not fit a double", at: range.lowerBound)
        }
        return value
    }
}

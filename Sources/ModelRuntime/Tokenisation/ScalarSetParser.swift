/// Reads the sets of a regular expression: single characters, escapes and brackets.
enum ScalarSetParser {
    typealias Failure = TextPatternParser.Failure

    /// A character of the pattern that stands for itself, and for its other case where case is ignored.
    static func single(_ value: UInt32, _ parser: inout TextPatternParser) throws(Failure) -> ScalarSet {
        guard parser.ignoresCase else { return ScalarSet([.range(value, value)]) }
        guard value < 0x80 else { throw Failure(reason: "ignores the case of a character beyond ASCII") }
        // Oniguruma lets "ss", "st", "ff", "fi" and "fl" match sharp s and the ligatures.
        if let next = parser.peek(), "sf".unicodeScalars.contains(where: { $0.value == value | 0x20 }),
            "stfil".contains(next.lowercased())
        {
            throw Failure(reason: "ignores the case of letters that a ligature could stand for")
        }
        return ScalarSet(variants(of: value).map { .range($0, $0) })
    }

    /// An ASCII character in both cases, with the two characters beyond ASCII that fold to one.
    private static func variants(of value: UInt32) -> [UInt32] {
        let lower = (0x41...0x5A).contains(value) ? value | 0x20 : value
        guard (0x61...0x7A).contains(lower) else { return [value] }
        switch lower {
        case 0x6B: return [lower, lower - 0x20, 0x212A]
        case 0x73: return [lower, lower - 0x20, 0x17F]
        default: return [lower, lower - 0x20]
        }
    }

    /// What a backslash and the signs behind it stand for.
    static func escape(
        _ parser: inout TextPatternParser, isBracketed: Bool = false
    ) throws(Failure) -> ScalarSet.Member {
        let word = isBracketed ? ScalarSet.Member.bracketedWord : .word
        parser.position += 1
        guard let sign = parser.peek() else { throw Failure(reason: "ends with a backslash") }
        parser.position += 1
        let digits = ScalarSet([.categories(.init([.decimalNumber]))])
        switch sign {
        case "p", "P": return try property(&parser, isNegated: sign == "P")
        case "s": return .whitespace
        case "S": return .set(ScalarSet([.whitespace], isNegated: true))
        case "d": return .set(digits)
        case "D": return .set(ScalarSet([.set(digits)], isNegated: true))
        case "w": return word
        case "W": return .set(ScalarSet([word], isNegated: true))
        default:
            let value = try scalar(sign, &parser)
            return .set(try single(value, &parser))
        }
    }

    /// The scalar that an escape stands for.
    private static func scalar(_ sign: Character, _ parser: inout TextPatternParser) throws(Failure) -> UInt32 {
        switch sign {
        case "t": return 0x09
        case "n": return 0x0A
        case "v": return 0x0B
        case "f": return 0x0C
        case "r": return 0x0D
        case "x" where parser.take("{"):
            let value = try hexadecimal(1...6, &parser)
            guard parser.take("}") else { throw Failure(reason: "has an \\x{ without its brace") }
            return value
        case "x":
            let value = try hexadecimal(2...2, &parser)
            // Above ASCII this means a byte, not a character.
            guard value < 0x80 else { throw Failure(reason: "has an \\x above 7F") }
            return value
        case "u": return try hexadecimal(4...4, &parser)
        default:
            guard sign.isASCII, !sign.isLetter, !sign.isNumber else {
                throw Failure(reason: "has the escape \\\(sign), which is not supported")
            }
            return parser.scalars[parser.position - 1]
        }
    }

    private static func hexadecimal(
        _ lengths: ClosedRange<Int>, _ parser: inout TextPatternParser
    ) throws(Failure) -> UInt32 {
        var value: UInt32 = 0
        var length = 0
        while length < lengths.upperBound, let digit = parser.peek()?.hexDigitValue {
            value = value << 4 | UInt32(digit)
            length += 1
            parser.position += 1
        }
        guard lengths.contains(length), Unicode.Scalar(value) != nil else {
            throw Failure(reason: "has an escape that is no character")
        }
        return value
    }

    /// A general category in braces.
    private static func property(
        _ parser: inout TextPatternParser, isNegated: Bool
    ) throws(Failure) -> ScalarSet.Member {
        var isNegated = isNegated
        guard parser.take("{") else { throw Failure(reason: "has a \\p without braces") }
        if parser.take("^") { isNegated.toggle() }
        var name = ""
        while let next = parser.peek(), next != "}" {
            name.append(next)
            parser.position += 1
        }
        guard parser.take("}") else { throw Failure(reason: "has a \\p{ without its brace") }
        guard let mask = ScalarSet.CategoryMask(named: name) else {
            throw Failure(reason: "has the property \(name.prefix(40)), which is not supported")
        }
        // Where case is ignored a case's letters would have to match the other's.
        if parser.ignoresCase, name.hasPrefix("L"), !["L", "Lm", "Lo"].contains(name) {
            throw Failure(reason: "ignores case, yet asks for letters of one case")
        }
        return isNegated ? .set(ScalarSet([.categories(mask)], isNegated: true)) : .categories(mask)
    }

    /// A set in brackets; the parser is at the opening one.
    static func bracket(_ parser: inout TextPatternParser) throws(Failure) -> ScalarSet {
        parser.position += 1
        let isNegated = parser.take("^")
        var members: [ScalarSet.Member] = []
        while true {
            guard let next = parser.peek() else { throw Failure(reason: "has a \"[\" without its \"]\"") }
            if next == "]", !members.isEmpty {
                parser.position += 1
                return ScalarSet(members, isNegated: isNegated)
            }
            if next == "[" || next == "]" || parser.sees("&&") {
                throw Failure(reason: "has a set inside of a set, which is not supported")
            }
            guard let low = try plain(&parser) else {
                members.append(try escape(&parser, isBracketed: true))
                continue
            }
            guard parser.sees("-"), !parser.sees("-]") else {
                members.append(.set(try single(low, ignoringNext: &parser)))
                continue
            }
            parser.position += 1
            guard parser.peek() != "[", let high = try plain(&parser), low <= high else {
                throw Failure(reason: "has a range without its ends")
            }
            guard !parser.ignoresCase else { throw Failure(reason: "ignores the case of a range") }
            members.append(.range(low, high))
        }
    }

    /// A character of a bracket, where no other can follow it in a match.
    private static func single(
        _ value: UInt32, ignoringNext parser: inout TextPatternParser
    ) throws(Failure) -> ScalarSet {
        guard parser.ignoresCase else { return ScalarSet([.range(value, value)]) }
        guard value < 0x80 else { throw Failure(reason: "ignores the case of a character beyond ASCII") }
        return ScalarSet(variants(of: value).map { .range($0, $0) })
    }

    /// A single character of a bracket; nil, and nothing is consumed, when a class such as `\s` is there.
    private static func plain(_ parser: inout TextPatternParser) throws(Failure) -> UInt32? {
        guard parser.peek() == "\\" else {
            guard parser.position < parser.scalars.count else { return nil }
            parser.position += 1
            return parser.scalars[parser.position - 1]
        }
        guard !["p", "P", "s", "S", "d", "D", "w", "W"].contains(where: { parser.sees("\\\($0)") }) else { return nil }
        parser.position += 1
        guard let sign = parser.peek() else { throw Failure(reason: "ends with a backslash") }
        parser.position += 1
        return try scalar(sign, &parser)
    }
}

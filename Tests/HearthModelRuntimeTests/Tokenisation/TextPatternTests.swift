import Testing

@testable import HearthModelRuntime

/// The regular expressions of tokenizer files.
@Suite struct TextPatternTests {
    private static func matches(_ expression: String, _ text: String) throws -> [String] {
        let pattern = try TextPatternParser.pattern(expression)
        let bytes = Array(text.utf8)
        var matches: [String] = []
        pattern.forEachMatch(in: bytes, 0..<bytes.count) { matches.append(String(decoding: bytes[$0], as: UTF8.self)) }
        return matches
    }

    @Test(arguments: [
        ("a", "banana", ["a", "a", "a"]),
        ("a|an", "banana", ["a", "a", "a"]),
        ("an|a", "banana", ["an", "an", "a"]),
        ("[a-c]+?b", "aabcab", ["aab", "cab"]),
        ("a{2,3}", "aaaaaa a", ["aaa", "aaa"]),
        ("a*", "baac", ["", "aa", ""]),
        (#"\s+(?!\S)|\s+"#, "a   b  ", ["  ", " ", "  "]),
        (#"[^\r\n\p{L}\p{N}]?\p{L}+"#, "één-två 3x", ["één", "-två", "x"]),
        (#"(?i:'s|'ll)"#, "I'LL 's 'ſ", ["'LL", "'s", "'ſ"]),
        (#"(?:ab)+|c"#, "ababcab", ["abab", "c", "ab"]),
        (#"x++x|x"#, "xxx", ["x", "x", "x"]),
        (#"^a|b$"#, "a\na b\nb", ["a", "a", "b", "b"]),
        (#"\Aa|a\z"#, "aaa", ["a", "a"]),
        (#"\p{^L}+"#, "ab12cd", ["12"]),
        (#"[\u4e00-\u9fa5]+"#, "a東京b", ["東京"]),
        (#"\x{1F525}"#, "a🔥", ["🔥"]),
        (".", "a\n東", ["a", "東"]),
        (#"\w+"#, "x² y", ["x²", "y"]),
        (#"[\w]+"#, "x² y", ["x", "y"]),
    ])
    func matchesAreThoseOfOniguruma(_ expression: String, _ text: String, _ expected: [String]) throws {
        #expect(try Self.matches(expression, text) == expected)
    }

    @Test(arguments: [
        "(", ")", "[", "[]", "a{", "a{3,1}", "a{9999}", "*a", "a**", #"\"#, #"\b"#, #"\1"#, #"\p{L"#, #"\p{Greek}"#,
        "(?<n>a)", "(?<!a)b", "(?>a)", "(a*)*", "(?:ab)++", "[[a]b]", "[a&&b]", "(?i:é)", "(?i:ss)", "(?i:[a-z])",
        "a{2}?",
        #"\xff"#, #"\u12"#,
    ])
    func whatIsNotKnownIsRefused(_ expression: String) {
        #expect(throws: TextPatternParser.Failure.self) { try TextPatternParser.pattern(expression) }
    }

    @Test func deepGroupsAreRefused() {
        let expression = String(repeating: "(", count: 10_000) + String(repeating: ")", count: 10_000)
        #expect(throws: TextPatternParser.Failure.self) { try TextPatternParser.pattern(expression) }
    }

    @Test func plainTextIsNoExpression() {
        let pattern = TextPatternParser.literal("a.b")
        let bytes = Array("a.b axb".utf8)
        var ranges: [Range<Int>] = []
        pattern.forEachMatch(in: bytes, 0..<bytes.count) { ranges.append($0) }
        #expect(ranges == [0..<3])
    }
}

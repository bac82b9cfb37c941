import Foundation
import HearthTesting
import Testing

@testable import HearthJSON

@Suite struct JSONParserTests {
    private func parse(_ text: String) throws(JSONError) -> JSONValue { try JSONParser.parse(Data(text.utf8)) }

    @Test(
        arguments: [
            ("null", .null), ("true", true), ("false", false), ("0", 0), ("-0", 0), ("42", 42), ("-7", -7),
            ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
            ("1.5", 1.5), ("-0.25e2", .double(-25)), ("1E+2", .double(100)), ("3.0", .double(3)),
            ("1e-400", .double(0)),
            (#""""#, ""), (#""a""#, "a"), ("\"é 漢 😀\"", "é 漢 😀"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{08}\u{0C}\n\r\t"),
            (#""\u0041\u00e9\u6f22\uD83D\uDE00""#, "Aé漢😀"), (#""a\"b""#, "a\"b"), (#""\\""#, "\\"),
            (#""\u0000""#, "\0"),
            ("\"\u{7F}\"", "\u{7F}"), (" \n\t\r[ ] ", []), ("[1,[2],{}]", [1, [2], [:]]), ("{}", [:]),
            (#"{"a":1,"b":{"c":[null]}}"#, ["a": 1, "b": ["c": [nil]]]), (#"{"":0}"#, ["": 0]),
        ] as [(String, JSONValue)])
    func acceptsEveryFormOfTheStandard(text: String, expected: JSONValue) throws {
        #expect(try parse(text) == expected)
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "True", "truefalse", "01", "-01", "+1", "-", "1.", ".5", "1e", "1e+", "0x10", "1_000",
        "NaN", "Infinity", "-Infinity", "1e400", "-1e999", "9223372036854775808", "-9223372036854775809",
        "99999999999999999999999999", "\"", "\"a", "\"\\\"", "\"\\", "\"\\u", "\"\\u12\"", "\"\\u12g4\"", "\"\\x41\"",
        "\"\\'\"", "\"a\nb\"", "\"a\\n\tb\"", "\"\u{0}\"", "\"\u{1F}\"", #""\uD800""#, #""\uD800\n""#,
        #""\uD800\u0041""#,
        #""\uDC00""#, #""\uDC00\uD800""#, "'a'", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1]]", "{", "}",
        "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}",
        "{,}", "1 2", "// 1", "/* */ 1", "[1] x", "1\u{FEFF}", "\u{FEFF}\u{FEFF}1", #"{"a":1,"a":2}"#,
        #"{"a":1,"\u0061":2}"#,
        #"{"b":{"a":1,"a":1}}"#,
    ])
    func refusesWhatTheStandardDoesNotAllow(text: String) {
        let error = #expect(throws: JSONError.self) { try parse(text) }
        #expect(error?.kind == .invalidInput)
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
            [0x22, 0xC3, 0x22], [0x22, 0x5C, 0x6E, 0xFF, 0x22], [0x7B, 0x22, 0x80, 0x22, 0x3A, 0x31, 0x7D],
            [0xFF, 0xFE], [0],
        ] as [[UInt8]])
    func refusesInvalidUTF8(bytes: [UInt8]) {
        let error = #expect(throws: JSONError.self) { try JSONParser.parse(Data(bytes)) }
        #expect(error?.kind == .invalidInput)
    }

    @Test(arguments: [
        ("[1,x]", 3), ("{\"a\":tru}", 5), ("[1,2", 4), ("{\"a\":1,\"a\":2}", 7), ("[\"\\q\"]", 2), ("123 4", 4),
    ])
    func saysTheOffsetOfTheFault(text: String, offset: Int) {
        let error = #expect(throws: JSONError.self) { try parse(text) }
        #expect(error?.message.contains("at byte \(offset):") == true, "\(error?.message ?? "")")
    }

    @Test func allowsTheDepthOfTheLimitAndNotOneMore() throws {
        func nested(_ depth: Int, _ open: String, _ close: String) -> String {
            String(repeating: open, count: depth) + "0" + String(repeating: close, count: depth)
        }
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            #expect(throws: Never.self) { try parse(nested(JSONParser.maximumDepth, open, close)) }
            let error = #expect(throws: JSONError.self) { try parse(nested(JSONParser.maximumDepth + 1, open, close)) }
            #expect(error?.message.contains("nested deeper than \(JSONParser.maximumDepth)") == true)
        }
        let abyss = Data(repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(throws: JSONError.self) { try JSONParser.parse(abyss) }
    }

    @Test func refusesMoreValuesThanAreWorthTheirMemory() {
        let text = "[" + String(repeating: "0,", count: JSONParser.maximumValues) + "0]"
        let error = #expect(throws: JSONError.self) { try parse(text) }
        #expect(error?.message.contains("more than \(JSONParser.maximumValues) values") == true)
    }

    /// A member costs some ten times as much as a number in a list, of which there may be more.
    @Test func refusesMoreMembersThanAreWorthTheirTime() {
        let text = "[" + String(repeating: #"{"a":0},"#, count: JSONParser.maximumMembers) + #"{"a":0}]"#
        let error = #expect(throws: JSONError.self) {
            try Data(text.utf8).withUnsafeBytes { try JSONParser.parse($0, maximumValues: .max) }
        }
        #expect(error?.message.contains("more than \(JSONParser.maximumMembers) members") == true)
    }

    @Test func keepsTheOrderOfKeys() throws {
        let keys = (0..<100).map { "key \(($0 * 37) % 100)" }
        let text = "{" + keys.map { "\"\($0)\":0" }.joined(separator: ",") + "}"
        let value = try parse(text)
        #expect(value.objectValue?.keys == keys)
        #expect(value.encodedText() == text)
    }

    @Test func findsADuplicateAmongManyKeysInLinearTime() {
        let members = (0..<100_000).map { "\"k\($0)\":0" }
        let error = #expect(throws: JSONError.self) {
            try parse("{" + (members + ["\"k5\":1"]).joined(separator: ",") + "}")
        }
        #expect(error?.message.contains("twice") == true)
    }

    @Test func readsASliceOfLargerData() throws {
        let data = Data("xx[1,2]yy".utf8)[2..<7]
        #expect(try JSONParser.parse(data) == [1, 2])
    }

    @Test func randomValuesSurviveWritingAndParsing() throws {
        var random = RepeatableRandom(seed: 11)
        for round in 0..<500 {
            let value = Self.value(depth: 4, &random)
            let text = value.encoded()
            #expect(try JSONParser.parse(text) == value, "seed \(random.seed), round \(round)")
        }
    }

    @Test func acceptsNothingThatAnotherParserRefuses() {
        var random = RepeatableRandom(seed: 12)
        var accepted = 0
        for round in 0..<5_000 {
            let text = random.damaged(Self.value(depth: 3, &random).encoded())
            guard (try? JSONParser.parse(text)) != nil else { continue }
            accepted += 1
            let other = try? JSONSerialization.jsonObject(with: text, options: [.fragmentsAllowed])
            #expect(other != nil, "seed \(random.seed), round \(round): \(String(decoding: text, as: UTF8.self))")
        }
        #expect(accepted > 100, "the damage left hardly any text valid, so nothing was compared")
    }

    static func value(depth: Int, _ random: inout RepeatableRandom) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .int(Int64(truncatingIfNeeded: random.next()) >> Int64.random(in: 0..<64, using: &random))
        case 3: return .double(Double.random(in: -1e6...1e6, using: &random))
        case 4: return .string(text(&random))
        case 5: return .double(Double(sign: .plus, exponent: .random(in: -300...300, using: &random), significand: 1.7))
        case 6: return .array((0..<Int.random(in: 0..<6, using: &random)).map { _ in value(depth: depth - 1, &random) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<24, using: &random) {
                object[text(&random)] = value(depth: depth - 1, &random)
            }
            return .object(object)
        }
    }

    private static func text(_ random: inout RepeatableRandom) -> String {
        let letters: [Character] = ["a", "B", "\"", "\\", "/", "\n", "\u{1}", "é", "漢", "😀", "\u{2028}", " ", "0", "{"]
        return String(
            (0..<Int.random(in: 0..<12, using: &random)).compactMap { _ in letters.randomElement(using: &random) })
    }
}

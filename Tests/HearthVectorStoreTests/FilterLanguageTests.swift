import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import HearthVectors
import Testing

@testable import HearthVectorStore

extension FilterDialect {
    /// One member an object, each word with a `$`, as Chroma's clients write.
    fileprivate static let strict = FilterDialect(
        field: "where", joins: ["$and", "$or"],
        operators: ["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin"], hasOneMember: true)
}

/// What filters mean, in both dialects, and that nothing but a filter is taken for one.
@Suite struct FilterLanguageTests {
    private static let rule = AttributeRule.declared(["brand": .text, "price": .number, "new": .flag])

    private func parse(
        _ text: String, _ dialect: FilterDialect = .hearth, rule: AttributeRule = Self.rule
    ) throws -> VectorFilter {
        try FilterLanguage.parse(JSONParser.read(Data(text.utf8)), rule: rule, dialect: dialect)
    }

    @Test func aValueIsEquality() throws {
        #expect(try parse(#"{"brand": "x"}"#) == .equals("brand", .text("x")))
        #expect(try parse(#"{"price": 5}"#) == .equals("price", .number(5)))
        #expect(try parse(#"{"new": true}"#) == .equals("new", .flag(true)))
    }

    @Test func nothingLetsEverythingThrough() throws {
        #expect(try FilterLanguage.parse(nil, rule: Self.rule) == .everything)
        #expect(try parse("null") == .everything)
        #expect(try parse("{}") == .everything)
    }

    @Test func severalMembersMustAllHold() throws {
        let filter = try parse(#"{"brand": "x", "price": {"gte": 5, "lt": 10}}"#)
        #expect(
            filter
                == .all([
                    .equals("brand", .text("x")),
                    .all([
                        .range("price", lower: .init(value: 5, isInclusive: true), upper: nil),
                        .range("price", lower: nil, upper: .init(value: 10, isInclusive: false)),
                    ]),
                ]))
        #expect(filter.matches(item: "a", attributes: ["brand": .text("x"), "price": .number(5)]))
        #expect(!filter.matches(item: "a", attributes: ["brand": .text("x"), "price": .number(10)]))
        #expect(!filter.matches(item: "a", attributes: ["price": .number(7)]))
    }

    @Test func wordsJoinFilters() throws {
        #expect(
            try parse(#"{"or": [{"brand": "x"}, {"not": {"new": true}}]}"#)
                == .any([.equals("brand", .text("x")), .not(.equals("new", .flag(true)))]))
        #expect(
            try parse(#"{"$and": [{"brand": {"$in": ["x", "y"]}}]}"#)
                == .all([.isIn("brand", [.text("x"), .text("y")])]))
        #expect(try parse(#"{"brand": {"exists": false}}"#) == .not(.exists("brand")))
    }

    @Test func aFilterMayBeATextAsInAQueryString() throws {
        #expect(
            try FilterLanguage.parse(.string(#"{"price": {"gt": 1}}"#), rule: Self.rule)
                == .range("price", lower: .init(value: 1, isInclusive: false), upper: nil))
    }

    @Test func anUnknownAttributeIsToldWhatThereIs() throws {
        let error = try #require(throws: HearthError.self) { try parse(#"{"colour": "red"}"#) }
        #expect(error.code == .unprocessable)
        #expect(error.hint == "Declared are: brand, new, price.")
        #expect(try parse(#"{"colour": "red"}"#, rule: .automatic) == .equals("colour", .text("red")))
    }

    @Test(arguments: [
        #"{"price": "cheap"}"#, #"{"brand": 5}"#, #"{"brand": {"gt": 5}}"#, #"{"new": {"in": [1]}}"#,
    ])
    func aValueOfAnotherKindIsRefused(text: String) throws {
        #expect(try #require(throws: HearthError.self) { try parse(text) }.code == .unprocessable)
    }

    @Test(arguments: [
        "[]", "3", #"{"brand": []}"#, #"{"brand": null}"#, #"{"brand": {}}"#, #"{"brand": {"near": 1}}"#,
        #"{"and": {}}"#, #"{"or": []}"#, #"{"not": []}"#, #"{"$near": 1}"#, #"{"brand": {"in": []}}"#,
        #"{"brand": {"in": "x"}}"#, #"{"brand": {"exists": 1}}"#, #"{"brand": {"eq": {"a": 1}}}"#,
    ])
    func whatIsNoFilterIsRefused(text: String) throws {
        #expect(try #require(throws: HearthError.self) { try parse(text) }.code == .invalidRequest)
    }

    @Test func aStrictDialectTakesOneMemberAndItsOwnWordsOnly() throws {
        #expect(
            try parse(#"{"$and": [{"brand": {"$ne": "x"}}, {"price": {"$gte": 2}}]}"#, .strict)
                == .all([
                    .not(.equals("brand", .text("x"))),
                    .range("price", lower: .init(value: 2, isInclusive: true), upper: nil),
                ]))
        for text in [
            "{}", #"{"brand": "x", "price": 1}"#, #"{"price": {"$gte": 1, "$lt": 2}}"#, #"{"price": {"gte": 1}}"#,
            #"{"$not": {"brand": "x"}}"#,
        ] {
            #expect(throws: HearthError.self, "\(text)") { try parse(text, .strict) }
        }
        // A key of metadata may be a word of the other dialect.
        #expect(try parse(#"{"and": "x"}"#, .strict, rule: .automatic) == .equals("and", .text("x")))
    }

    @Test func aFilterHasALimit() throws {
        let many = (0..<300).map { "{\"price\": \($0)}" }.joined(separator: ",")
        #expect(throws: HearthError.self) { try parse("{\"or\": [\(many)]}") }
        let deep = String(repeating: #"{"not": "#, count: 40) + "{}" + String(repeating: "}", count: 40)
        #expect(throws: HearthError.self) { try parse(deep) }
    }

    /// As the message promises: what joins conditions is no condition.
    @Test func joinsHaveALimitOfTheirOwn() throws {
        func joined(_ count: Int, joins: Int) throws -> VectorFilter {
            let conditions = (0..<count).map { "{\"price\": \($0)}" }
            let others = (0..<joins - 1).map { _ in #"{"not": {}}"# }
            return try parse("{\"or\": [\((conditions + others).joined(separator: ","))]}")
        }
        #expect(throws: Never.self) { try joined(256, joins: 256) }
        for (count, joins) in [(257, 1), (1, 257)] {
            let error = try #require(throws: HearthError.self) { try joined(count, joins: joins) }
            #expect(error.hint == "At most 256 conditions, and as many of and, or, not around them.")
        }
    }

    /// Some value, mostly of the words of filters.
    private func value(_ random: inout RepeatableRandom, depth: Int) -> JSONValue {
        let words = ["brand", "price", "new", "and", "or", "not", "$and", "in", "$in", "gte", "lt", "exists", "eq", ""]
        switch Int.random(in: 0..<(depth > 5 ? 5 : 8), using: &random) {
        case 0: return .string(words.randomElement(using: &random) ?? "")
        case 1: return .double(Double.random(in: -5...5, using: &random))
        case 2: return .bool(random.chance(50))
        case 3: return .null
        case 4: return .int(Int64.random(in: -3...3, using: &random))
        case 5:
            return .array((0..<Int.random(in: 0..<4, using: &random)).map { _ in value(&random, depth: depth + 1) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<4, using: &random) {
                object[words.randomElement(using: &random) ?? ""] = value(&random, depth: depth + 1)
            }
            return .object(object)
        }
    }

    @Test(arguments: RepeatableRandom.seeds(8))
    func anythingIsAFilterOrRefused(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        var taken = 0
        for round in 0..<2_000 {
            let json = value(&random, depth: 0)
            for dialect in [FilterDialect.hearth, .strict] {
                do {
                    let filter = try FilterLanguage.parse(json, rule: Self.rule, dialect: dialect)
                    _ = filter.matches(item: "a", attributes: ["brand": .text("x"), "price": .number(1)])
                    taken += 1
                } catch {
                    let isExpected = [.invalidRequest, .unprocessable].contains(error.code)
                    #expect(isExpected, "seed \(seed), round \(round): \(json.encodedText())")
                }
            }
        }
        #expect(taken > 0)
    }
}

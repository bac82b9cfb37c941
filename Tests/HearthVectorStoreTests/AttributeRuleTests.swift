import Foundation
import HearthCore
import HearthJSON
import HearthVectors
import Testing

@testable import HearthVectorStore

/// Which values of a payload become attributes.
@Suite struct AttributeRuleTests {
    private func payload(_ text: String) throws -> JSONObject {
        try #require(try JSONParser.read(Data(text.utf8)).objectValue)
    }

    private let rule = AttributeRule.declared(["brand": .text, "offer.price": .number, "new": .flag])

    @Test func declaredValuesAreTakenAlongTheirWay() throws {
        let attributes = try rule.attributes(
            of: payload(#"{"brand": "x", "offer": {"price": 5}, "new": null, "other": 3}"#))
        #expect(attributes == ["brand": .text("x"), "offer.price": .number(5)])
        // A key that is called like a way comes first.
        #expect(
            try rule.attributes(of: payload(#"{"offer.price": 7, "offer": {"price": 5}}"#))["offer.price"] == .number(7)
        )
    }

    @Test(arguments: [#"{"brand": 5}"#, #"{"brand": ["x"]}"#, #"{"offer": {"price": "5"}}"#, #"{"new": 1}"#])
    func aValueOfAnotherKindIsRefused(text: String) throws {
        let error = try #require(throws: HearthError.self) { try rule.attributes(of: payload(text)) }
        #expect(error.code == .unprocessable)
    }

    @Test func automaticTakesWhatIsFlat() throws {
        let attributes = try AttributeRule.automatic.attributes(
            of: payload(#"{"a": "x", "b": 1.5, "c": false, "d": null, "e": [1], "f": {"g": 1}}"#))
        #expect(attributes == ["a": .text("x"), "b": .number(1.5), "c": .flag(false)])
    }

    @Test func aDeclarationIsWrittenAsItIsRead() throws {
        for text in [#""auto""#, #"{"brand":"text","price":"number"}"#, "{}"] {
            let value = try JSONParser.read(Data(text.utf8))
            #expect(try AttributeRule(value).json == value)
        }
    }

    @Test(arguments: [
        #""all""#, "[]", #"{"a": "string"}"#, #"{"a": 1}"#, #"{"": "text"}"#, #"{"$a": "text"}"#, #"{"or": "text"}"#,
    ])
    func otherDeclarationsAreRefused(text: String) throws {
        #expect(throws: HearthError.self) { try AttributeRule(JSONParser.read(Data(text.utf8))) }
    }
}

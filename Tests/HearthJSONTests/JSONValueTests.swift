import Foundation
import Testing

@testable import HearthJSON

@Suite struct JSONValueTests {
    @Test func writesCompactTextInTheOrderOfTheKeys() {
        let value: JSONValue = ["z": 1, "a": [true, nil, 1.5, "x"], "m": [:], "e": []]
        #expect(value.encodedText() == #"{"z":1,"a":[true,null,1.5,"x"],"m":{},"e":[]}"#)
    }

    @Test func escapesWhatTheStandardDemandsAndNothingElse() {
        let value: JSONValue = .string("\"\\/\u{08}\u{0C}\n\r\t\u{01}\u{1F}\u{7F}é😀")
        #expect(value.encodedText() == #""\"\\/\b\f\n\r\t\u0001\u001f"# + "\u{7F}é😀\"")
    }

    @Test func writesNullForNumbersThatJSONDoesNotHave() {
        #expect(
            JSONValue.array([.double(.nan), .double(.infinity), .double(-.infinity)]).encodedText()
                == "[null,null,null]")
    }

    @Test(arguments: [Int64.min, -1, 0, 1, 9_007_199_254_740_993, Int64.max] as [Int64])
    func keepsEveryIntegerExact(integer: Int64) throws {
        #expect(try JSONParser.parse(JSONValue.int(integer).encoded()) == .int(integer))
    }

    @Test(arguments: [0.1, 1e-5, 1e16, 1e300, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -2.5, 100] as [Double])
    func doublesReadBackAsTheyWere(double: Double) throws {
        #expect(try JSONParser.parse(JSONValue.double(double).encoded()) == .double(double))
    }

    @Test func objectsAreEqualWhateverTheOrderOfTheirKeys() {
        #expect(["a": 1, "b": 2] as JSONValue == ["b": 2, "a": 1])
        #expect(["a": 1] as JSONValue != ["a": 1, "b": 2])
        #expect(["a": 1, "c": 2] as JSONValue != ["a": 1, "b": 2])
        #expect([1, 2] as JSONValue != [2, 1])
    }

    @Test func setsReplacesAndRemovesMembers() {
        var value: JSONValue = ["a": 1, "b": 2]
        value["a"] = "one"
        value["c"] = true
        value["b"] = Optional<JSONValue>.none
        #expect(value.encodedText() == #"{"a":"one","c":true}"#)
        #expect(value["b"] == nil)
        #expect(value[0] == nil)
        var wide = JSONObject()
        for index in 0..<50 { wide["k\(index)"] = .int(Int64(index)) }
        wide["k3"] = nil
        wide["k49"] = "last"
        #expect(wide.count == 49)
        #expect(wide["k3"] == nil && wide["k4"] == 4 && wide["k49"] == "last")
        let isNew = wide.insert("k4", 5)
        #expect(!isNew && wide["k4"] == 4)
    }

    @Test func leavesAValueThatIsNoObjectWhenAMemberIsSet() {
        var value: JSONValue = 17
        value["a"] = 1
        #expect(value == 17)
        var null: JSONValue = nil
        null["a"] = 1
        #expect(null == ["a": 1])
    }

    @Test func readsIntegersOfDoublesWithoutFractionOnly() {
        #expect(JSONValue.double(3).integerValue == 3)
        #expect(JSONValue.double(3.5).integerValue == nil)
        #expect(JSONValue.double(1e300).integerValue == nil)
        #expect(JSONValue.string("3").integerValue == nil)
        #expect(JSONValue.int(3).doubleValue == 3)
    }

    @Test func travelsThroughOtherCoders() throws {
        let value: JSONValue = ["a": [1, 2.5, "x", nil, true], "o": ["k": -1]]
        let data = try JSONEncoder().encode(value)
        #expect(try JSONDecoder().decode(JSONValue.self, from: data) == value)
        #expect(try JSONParser.parse(data) == value)
    }
}

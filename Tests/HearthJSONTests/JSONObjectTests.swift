import Foundation
import HearthJSON
import HearthText
import Testing

@Suite struct JSONObjectTests {
    private func object(keys: some Sequence<String>) -> JSONObject {
        var object = JSONObject()
        for key in keys { object[key] = .string(key) }
        return object
    }

    @Test(arguments: [3, 100]) func keysThatOnlyLookAlikeAreTwoKeys(width: Int) {
        var object = object(keys: (0..<width).map { "k\($0)" })
        object["é"] = "one scalar"
        object["e\u{301}"] = "two scalars"
        #expect(object.count == width + 2)
        #expect(object["\u{E9}"] == "one scalar" && object["e\u{301}"] == "two scalars")
        #expect(object["é"] != object["e\u{301}"])
    }

    @Test func theParserComparesKeysByTheirBytesOnceEscapesAreResolved() throws {
        let text = "{\"\u{E9}\":1,\"e\u{301}\":2}"
        #expect(try JSONParser.parse(Data(text.utf8)).objectValue?.count == 2)
        #expect(throws: JSONError.self) { try JSONParser.parse(Data("{\"\u{E9}\":1,\"\\u00e9\":2}".utf8)) }
    }

    @Test func aKeyMayHaveSoManyBytesAndNotOneMore() throws {
        func parse(_ key: String) throws -> JSONValue { try JSONParser.parse(Data("{\"\(key)\":1}".utf8)) }
        let longest = String(repeating: "k", count: JSONParser.maximumKeyBytes)
        #expect(try parse(longest)[longest] == 1)
        let error = #expect(throws: JSONError.self) { try parse(longest + "k") }
        #expect(error?.message.contains("longer than \(JSONParser.maximumKeyBytes) bytes") == true)
    }

    @Test func sortsByTheBytesOfItsKeys() {
        let sorted = object(keys: ["z", "é", "a", "Z", "漢", "aa", ""]).sortedByKey()
        #expect(sorted.keys == ["", "Z", "a", "aa", "z", "é", "漢"])
    }

    @Test(arguments: [5, 100]) func removesManyMembersAtOnceAndFindsTheOthers(width: Int) {
        var object = object(keys: (0..<width).map { "k\($0)" })
        object.removeAll { $0.key.hasSuffix("3") }
        #expect(object["k3"] == nil && object["k4"] == "k4")
        #expect(object.count == (0..<width).count { $0 % 10 != 3 })
        object["k3"] = "again"
        #expect(object.keys.last == "k3" && object["k3"] == "again")
    }

    /// With `String` as the key of the index this takes minutes: bringing a run of combining marks into its normal
    /// form takes the square of its length.
    @Test(.timeLimit(.minutes(3))) func aKeyOfCombiningMarksCostsWhatItsBytesCost() {
        let marks = String(String.UnicodeScalarView((0..<500_000).map { $0 % 2 == 0 ? "\u{301}" : "\u{316}" }))
        var object = object(keys: (0..<100).map { "k\($0)" })
        object["a" + marks] = 1
        object["b" + marks] = 2
        #expect(object["a" + marks] == 1 && object["b" + marks] == 2 && object["c" + marks] == nil)
    }

    /// Each member that is set must not copy those that are there.
    @Test func settingMembersOfAValueCopiesNothing() {
        var value = JSONValue.null
        var moves = 0
        var place: UnsafeRawPointer?
        for index in 0..<4_000 {
            value["k\(index)"] = .int(Int64(index))
            let now = value.objectValue?.members.withUnsafeBytes { $0.baseAddress }
            if now != place { moves += 1 }
            place = now
        }
        // An array that grows by doubling moves twelve times.
        #expect(moves <= 20, "the members moved \(moves) times")
        #expect(value.objectValue?.count == 4_000)
    }

    #if DEBUG
        @Test(arguments: ["k", "\u{301}\u{316}", "漢字"])
        func twiceAsManyKeysAreTwiceTheWork(stem: String) throws {
            func work(_ count: Int) throws -> Double {
                let members = (0..<count).map { "\"\(stem)\(100_000 + $0)\":\($0)" }
                let text = Data("{\(members.joined(separator: ","))}".utf8)
                let bytes = try ByteKeyWork.bytes {
                    let value = try JSONParser.parse(text)
                    var other = JSONValue.null
                    for member in value.objectValue?.members ?? [] { other[member.key] = member.value }
                    #expect(other == value)
                    #expect(try JSONValueDecoder.decode([String: Int].self, from: value).count == count)
                }
                return Double(bytes) / Double(text.count)
            }
            let (small, large) = (try work(4_000), try work(8_000))
            #expect(small > 1, "nothing was counted")
            #expect(large <= small * 1.1, "\(small) bytes of keys a byte of text became \(large)")
            #expect(large <= 20)
        }
    #endif
}

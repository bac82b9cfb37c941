import Foundation
import Testing

@testable import HearthJSON

@Suite struct JSONCoderTests {
    enum Role: String, Codable, CaseIterable { case front, side }

    struct Anchor: Codable, Equatable {
        var projectID: String
        var imageBase64: Data
        var role: Role?
        var k: Int
        var weight: Double
        var isPublic: Bool
        var tags: [String]
        var labels: [String: Int]
        var nested: Inner?
        var extra: JSONValue?

        struct Inner: Codable, Equatable {
            var websocketURL: String
            var small: UInt8
            var ratio: Float
        }
    }

    static let sample = Anchor(
        projectID: "p", imageBase64: Data("hearth".utf8), role: .side, k: 5, weight: 0.8, isPublic: true,
        tags: ["a", "b"],
        labels: ["camelKey": 1, "a_b": 2], nested: .init(websocketURL: "/ws/1", small: 255, ratio: 0.1),
        extra: ["x": [1]])

    static let json: JSONValue = [
        "project_id": "p", "image_base64": "aGVhcnRo", "role": "side", "k": 5, "weight": 0.8, "is_public": true,
        "tags": ["a", "b"], "labels": ["a_b": 2, "camelKey": 1],
        "nested": ["websocket_url": "/ws/1", "small": 255, "ratio": 0.1], "extra": ["x": [1]],
    ]

    @Test func writesSnakeCaseInTheOrderOfTheProperties() throws {
        let value = try JSONValueEncoder.encode(Self.sample)
        #expect(value == Self.json)
        #expect(value.encodedText() == Self.json.encodedText())
    }

    @Test func readsWhatItWrites() throws {
        #expect(try JSONValueDecoder.decode(Anchor.self, from: Self.json) == Self.sample)
    }

    @Test func takesBytesStraightFromTheBody() throws {
        let document = try JSONParser.document(Self.json.encoded(), largeStrings: ["image_base64"])
        #expect(document.value["image_base64"] == nil)
        #expect(try JSONValueDecoder.decode(Anchor.self, from: document) == Self.sample)
    }

    @Test func readsASliceAsTextWhenThePropertyIsText() throws {
        struct Texts: Decodable { var imageBase64: String }
        let document = try JSONParser.document(Data(#"{"image_base64":"hello"}"#.utf8), largeStrings: ["image_base64"])
        #expect(try JSONValueDecoder.decode(Texts.self, from: document).imageBase64 == "hello")
    }

    @Test func treatsNullAndAbsenceOfAnOptionalAlike() throws {
        var json = Self.json
        json["role"] = .null
        json["nested"] = Optional<JSONValue>.none
        let anchor = try JSONValueDecoder.decode(Anchor.self, from: json)
        #expect(anchor.role == nil && anchor.nested == nil)
        #expect(try JSONValueEncoder.encode(anchor)["role"] == nil)
    }

    @Test(
        arguments: [
            ("k", "three", "`k` must be an integer."), ("k", 3.5, "`k` must be an integer."),
            ("k", nil, "`k` must be an integer."),
            ("weight", true, "`weight` must be a number."), ("is_public", 1, "`is_public` must be true or false."),
            ("project_id", 1, "`project_id` must be a string."),
            ("role", "back", "`role` must be one of: front, side."),
            ("role", 1, "`role` must be one of: front, side."), ("tags", "a", "`tags` must be an array."),
            ("tags", ["a", 2], "`tags[1]` must be a string."), ("labels", ["x": "y"], "`labels.x` must be an integer."),
            ("labels", [1], "`labels` must be an object."), ("nested", [:], "`nested.websocket_url` is required."),
            (
                "nested", ["websocket_url": "", "small": 256, "ratio": 1],
                "`nested.small` must be an integer between 0 and 255."
            ),
            (
                "nested", ["websocket_url": "", "small": 1, "ratio": 1e300],
                "`nested.ratio` must be a number that fits 32 bits."
            ),
            ("image_base64", "?", "`image_base64` is not valid base64: a character that is not base64 at offset 0."),
            ("image_base64", 1, "`image_base64` must be a string in base64."),
        ] as [(String, JSONValue, String)])
    func namesTheFieldThatIsWrong(key: String, value: JSONValue, message: String) {
        var json = Self.json
        json[key] = value
        let error = #expect(throws: JSONError.self) { try JSONValueDecoder.decode(Anchor.self, from: json) }
        #expect(error?.kind == .invalidInput)
        #expect(error?.message == message)
    }

    @Test func namesTheFieldThatIsMissing() {
        var json = Self.json
        json["k"] = Optional<JSONValue>.none
        let error = #expect(throws: JSONError.self) { try JSONValueDecoder.decode(Anchor.self, from: json) }
        #expect(error?.message == "`k` is required.")
    }

    @Test func saysWhenTheBodyIsNoObject() {
        let error = #expect(throws: JSONError.self) { try JSONValueDecoder.decode(Anchor.self, from: [1]) }
        #expect(error?.message == "The JSON value must be an object.")
    }

    @Test func acceptsNumbersWithoutFractionAsIntegers() throws {
        #expect(try JSONValueDecoder.decode([Int].self, from: [.double(3), 4]) == [3, 4])
    }

    @Test func passesOnTheErrorsOfTypesAndTranslatesThoseOfTheStandardLibrary() {
        struct Own: Decodable {
            init(from decoder: any Decoder) throws { throw JSONError("taken") }
        }
        struct Foreign: Decodable {
            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a colour")
            }
        }
        struct Holder: Decodable { var tint: Foreign }
        #expect(throws: JSONError.self) { try JSONValueDecoder.decode(Own.self, from: [:]) }
        let error = #expect(throws: JSONError.self) { try JSONValueDecoder.decode(Holder.self, from: ["tint": "x"]) }
        #expect(error?.message == "`tint` is not valid: not a colour")
        #expect(error?.kind == .invalidInput)
    }

    @Test func codesEnumsWithValuesAndUnkeyedContainersByHand() throws {
        enum Event: Codable, Equatable {
            case started
            case jobDone(jobID: String)
        }
        let done = Event.jobDone(jobID: "7")
        let json = try JSONValueEncoder.encode([done, .started])
        #expect(json == [["job_done": ["job_id": "7"]], ["started": [:]]])
        #expect(try JSONValueDecoder.decode([Event].self, from: json) == [done, .started])
        #expect(try JSONValueEncoder.encode([Optional(1), nil]) == [1, nil])
        #expect(try JSONValueDecoder.decode([Int?].self, from: [1, nil]) == [1, nil])
    }

    @Test func codesContainersThatAreNestedByHand() throws {
        #expect(
            try JSONValueEncoder.encode(Grid(width: 2, cells: [1, 2])) == ["size": ["width": 2], "cells": [1, 2]])
        let grid = try JSONValueDecoder.decode(Grid.self, from: ["size": ["width": 2], "cells": [1, 2]])
        #expect(grid == Grid(width: 2, cells: [1, 2]))
        let error = #expect(throws: JSONError.self) {
            try JSONValueDecoder.decode(Grid.self, from: ["size": ["width": "x"], "cells": []])
        }
        #expect(error?.message == "`size.width` must be an integer.")
    }

    @Test func writesIntegersUUIDsAndFloatsAsPeopleWriteThem() throws {
        let id = try #require(UUID(uuidString: "01890A5D-AC96-774B-BCCE-B302099A8057"))
        #expect(try JSONValueEncoder.encode(id) == "01890a5d-ac96-774b-bcce-b302099a8057")
        #expect(try JSONValueDecoder.decode(UUID.self, from: "01890a5d-ac96-774b-bcce-b302099a8057") == id)
        #expect(throws: JSONError.self) { try JSONValueDecoder.decode(UUID.self, from: "01890a5d") }
        #expect(try JSONValueEncoder.encode(Float(0.1)).encodedText() == "0.1")
        #expect(try JSONValueEncoder.encode(UInt64.max) == .double(0x1p64))
    }

    @Test func readsBigDictionariesSortedEveryTime() throws {
        let dictionary = Dictionary(uniqueKeysWithValues: (0..<200).map { ("Key\($0)", $0) })
        let text = try JSONValueEncoder.encode(dictionary).encodedText()
        #expect(
            text
                == JSONValue.object(try #require(JSONParser.parse(Data(text.utf8)).objectValue).sortedByKey())
                .encodedText())
        #expect(try JSONValueDecoder.decode([String: Int].self, from: JSONParser.parse(Data(text.utf8))) == dictionary)
    }

    struct Grid: Codable, Equatable {
        var width: Int
        var cells: [Int]

        enum Keys: String, CodingKey { case size, width, cells }

        init(width: Int, cells: [Int]) {
            self.width = width
            self.cells = cells
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            width = try container.nestedContainer(keyedBy: Keys.self, forKey: .size).decode(Int.self, forKey: .width)
            var list = try container.nestedUnkeyedContainer(forKey: .cells)
            cells = []
            while !list.isAtEnd { cells.append(try list.decode(Int.self)) }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            var size = container.nestedContainer(keyedBy: Keys.self, forKey: .size)
            try size.encode(width, forKey: .width)
            var list = container.nestedUnkeyedContainer(forKey: .cells)
            for cell in cells { try list.encode(cell) }
        }
    }
}

import Foundation
import Testing

@testable import HearthJSON

@Suite struct JSONSchemaTests {
    enum Role: String, Decodable, CaseIterable { case front, side }
    enum Level: Int, Decodable, CaseIterable {
        case low = 1
        case high = 2
    }

    struct Recall: Decodable, SchemaDescribed {
        var project: String?
        var imageBase64: Data
        var k: Int?
        var minimumScore: Double?
        var role: Role
        var levels: [Level]?
        var tags: [String]
        var weights: [String: Float]?
        var box: Box
        var anything: JSONValue?
        var anchorID: UUID?
        var isDraft: Bool

        struct Box: Decodable, SchemaDescribed {
            var left: UInt16
            var label: String?
            static let fields = ["label": FieldNote("What it shows.", maxLength: 3)]
        }

        static let fields = [
            "project": FieldNote("Name or id of the project.", minLength: 1, maxLength: 5, example: "default"),
            "k": FieldNote("Matches wanted.", minimum: 1, maximum: 100),
            "minimum_score": FieldNote("Matches below are left out.", minimum: -1, maximum: 0.5),
            "tags": FieldNote("Words.", minLength: 1, maxLength: 2),
        ]
    }

    static let valid: JSONValue = [
        "project": "p", "image_base64": "QQ==", "k": 100, "minimum_score": 0.5, "role": "side", "levels": [2],
        "tags": ["a"], "weights": ["x": 1], "box": ["left": 3, "label": "abc"], "anything": [1],
        "anchor_id": "01890a5d-ac96-774b-bcce-b302099a8057", "is_draft": false,
    ]

    @Test func describesEveryFieldOfTheType() throws {
        let expected: JSONValue = [
            "type": "object",
            "properties": [
                "project": [
                    "type": "string", "description": "Name or id of the project.", "minLength": 1, "maxLength": 5,
                    "examples": ["default"],
                ],
                "image_base64": ["type": "string", "contentEncoding": "base64"],
                "k": ["type": "integer", "description": "Matches wanted.", "minimum": 1, "maximum": 100],
                "minimum_score": [
                    "type": "number", "description": "Matches below are left out.", "minimum": -1, "maximum": 0.5,
                ],
                "role": ["type": "string", "enum": ["front", "side"]],
                "levels": ["type": "array", "items": ["type": "integer", "enum": [1, 2]]],
                "tags": [
                    "type": "array", "items": ["type": "string"], "description": "Words.", "minItems": 1, "maxItems": 2,
                ],
                "weights": ["type": "object", "additionalProperties": ["type": "number"]],
                "box": [
                    "type": "object",
                    "properties": [
                        "left": ["type": "integer", "minimum": 0, "maximum": 65_535],
                        "label": ["type": "string", "description": "What it shows.", "maxLength": 3],
                    ],
                    "required": ["left"],
                ],
                "anything": [:],
                "anchor_id": ["type": "string", "format": "uuid"],
                "is_draft": ["type": "boolean"],
            ],
            "required": ["image_base64", "role", "tags", "box", "is_draft"],
        ]
        let schema = try JSONSchema.of(Recall.self)
        #expect(schema == expected)
        #expect(schema["properties"]?.objectValue?.keys == expected["properties"]?.objectValue?.keys)
        #expect(try JSONSchema(Recall.self).largeStrings == ["image_base64"])
        #expect(try JSONSchema.strayNotes(of: Recall.self) == [])
    }

    @Test func requiresExactlyWhatTheDecoderRequires() throws {
        let schema = try JSONSchema.of(Recall.self)
        let required = try #require(schema["required"]?.arrayValue)
        for key in try #require(schema["properties"]?.objectValue).keys {
            var value = Self.valid
            value[key] = Optional<JSONValue>.none
            let decoded = Result { try JSONValueDecoder.decode(Recall.self, from: value) }
            let isRefused = (try? decoded.get()) == nil
            #expect(isRefused == required.contains(.string(key)), "\(key)")
        }
    }

    @Test(
        arguments: [
            ("k", 0, "`k` must be between 1 and 100."), ("k", 101, "`k` must be between 1 and 100."),
            ("k", 1e9, "`k` must be between 1 and 100."),
            ("project", "", "`project` must have between 1 and 5 characters."),
            ("project", "123456", "`project` must have between 1 and 5 characters."),
            ("minimum_score", 0.51, "`minimum_score` must be between -1 and 0.5."),
            ("tags", [], "`tags` must have between 1 and 2 elements."),
            ("tags", ["a", "b", "c"], "`tags` must have between 1 and 2 elements."),
            ("box", ["left": -1], "`box.left` must be between 0 and 65535."),
            ("box", ["left": 1, "label": "four"], "`box.label` must have at most 3 characters."),
        ] as [(String, JSONValue, String)])
    func refusesValuesOutsideOfTheirNotes(key: String, value: JSONValue, message: String) {
        var json = Self.valid
        json[key] = value
        let error = #expect(throws: JSONError.self) { try JSONSchema.validate(json, against: Recall.self) }
        #expect(error?.kind == .invalidInput)
        #expect(error?.message == message)
    }

    @Test func acceptsTheBoundsThemselvesAndNull() throws {
        try JSONSchema.validate(Self.valid, against: Recall.self)
        var json = Self.valid
        json["k"] = 1
        json["project"] = "😀😀😀😀😀"
        json["minimum_score"] = .null
        json["unknown"] = "is ignored"
        try JSONSchema.validate(json, against: Recall.self)
    }

    @Test(
        arguments: [
            (["projct": "p"], "`projct`", "Did you mean `project`?"),
            (["box": ["left": 1, "lable": "a"]], "`box.lable`", "Did you mean `label`?"),
            (["box": ["left": 1, "colour": "red"]], "`box.colour`", "Allowed: `left`, `label`."),
            (["colour": nil], "`colour`", "Allowed: "),
        ] as [(JSONValue, String, String)])
    func aClosedSchemaRefusesAnUnknownFieldAndNamesTheOneThatWasMeant(
        change: JSONValue, unknown: String, hint: String
    ) throws {
        var json = Self.valid
        for member in change.objectValue?.members ?? [] { json[member.key] = member.value }
        let schema = try JSONSchema(Recall.self)
        try schema.validate(json)
        let error = #expect(throws: JSONError.self) { try schema.closed.validate(json) }
        #expect(error?.kind == .invalidInput)
        #expect(error?.message == "\(unknown) is not a known field.")
        #expect(error?.hint?.hasPrefix(hint) == true, "\(error?.hint ?? "")")
    }

    @Test func aClosedSchemaTakesAnyKeyWhereTheTypeDoes() throws {
        let schema = try JSONSchema(Recall.self).closed
        try schema.validate(Self.valid)
        var json = Self.valid
        json["weights"] = ["whatever": 1]
        json["anything"] = ["whatever": ["is": "taken"]]
        try schema.validate(json)
        #expect(schema.json["additionalProperties"] == false)
        #expect(schema.json["properties"]?["box"]?["additionalProperties"] == false)
        #expect(schema.json["properties"]?["weights"]?["additionalProperties"] == ["type": "number"])
        #expect(schema.json["properties"]?["anything"] == [:])
    }

    @Test func aLongUnknownNameIsNotRepeatedWhole() throws {
        let name = String(repeating: "x", count: 100_000)
        let schema = try JSONSchema(Recall.self).closed
        var json = Self.valid
        json[name] = 1
        let error = #expect(throws: JSONError.self) { try schema.validate(json) }
        #expect(error.map { $0.message.count < 200 } == true)
    }

    @Test func checksElementsOfArraysAndDictionaries() throws {
        struct Boxes: Decodable {
            var list: [Recall.Box]
            var named: [String: Recall.Box]
        }
        let schema = try JSONSchema(Boxes.self)
        let inList = #expect(throws: JSONError.self) {
            try schema.validate(["list": [["left": 1], ["left": 1, "label": "long"]], "named": [:]])
        }
        #expect(inList?.message == "`list[1].label` must have at most 3 characters.")
        let named = #expect(throws: JSONError.self) {
            try schema.validate(["list": [], "named": ["a": ["left": 1, "label": "long"]]])
        }
        #expect(named?.message == "`named.a.label` must have at most 3 characters.")
    }

    @Test func checksTheLengthOfSlices() throws {
        struct Upload: Decodable, SchemaDescribed {
            var image: Data
            static let fields = ["image": FieldNote("Bytes.", maxLength: 8)]
        }
        let schema = try JSONSchema(Upload.self)
        func document(_ text: String) throws -> JSONDocument {
            try JSONParser.document(Data("{\"image\":\"\(text)\"}".utf8), largeStrings: schema.largeStrings)
        }
        try schema.validate(document("QUJDREVG"))
        let error = #expect(throws: JSONError.self) { try schema.validate(document("QUJDREVGQQ==")) }
        #expect(error?.message == "`image` must have at most 8 characters.")
    }

    @Test func findsNotesThatFitNoField() throws {
        struct Sloppy: Decodable, SchemaDescribed {
            var projectID: String
            var k: Int
            static let fields = [
                "projectID": FieldNote("Not the key."), "k": FieldNote("A length of a number.", maxLength: 3),
                "project_id": FieldNote("Right."),
            ]
        }
        struct Outer: Decodable { var inner: [Sloppy]? }
        #expect(try JSONSchema.strayNotes(of: Sloppy.self) == ["Sloppy.k", "Sloppy.projectID"])
        #expect(try JSONSchema.strayNotes(of: Outer.self) == ["Sloppy.k", "Sloppy.projectID"])
    }

    @Test func followsTypesThatDecodeByHand() throws {
        struct Identifier: Decodable {
            let text: String
            init(from decoder: any Decoder) throws {
                text = try decoder.singleValueContainer().decode(String.self)
                guard UUID(uuidString: text) != nil else { throw JSONError("not an id") }
            }
        }
        struct Colour: Decodable, SchemaSampled {
            static let schemaSample = "#112233"
            init(from decoder: any Decoder) throws {
                let text = try decoder.singleValueContainer().decode(String.self)
                guard text.hasPrefix("#"), text.count == 7 else { throw JSONError("not a colour") }
            }
        }
        struct Page: Decodable {
            var id: Identifier
            var tint: Colour?
            var size: Int
            enum Keys: CodingKey { case id, tint, size }
            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Keys.self)
                id = try container.decode(Identifier.self, forKey: .id)
                tint = try container.decodeIfPresent(Colour.self, forKey: .tint)
                size = try container.decodeIfPresent(Int.self, forKey: .size) ?? 50
            }
        }
        let string: JSONValue = ["type": "string"]
        #expect(
            try JSONSchema.of(Page.self) == [
                "type": "object", "properties": ["id": string, "tint": string, "size": ["type": "integer"]],
                "required": ["id"],
            ])
    }

    @Test func followsContainersNestedByHand() throws {
        #expect(
            try JSONSchema.of(JSONCoderTests.Grid.self) == [
                "type": "object",
                "properties": [
                    "size": ["type": "object", "properties": ["width": ["type": "integer"]], "required": ["width"]],
                    "cells": ["type": "array", "items": ["type": "integer"]],
                ],
                "required": ["size", "cells"],
            ])
    }

    @Test func describesTypesThatAreNoObjects() throws {
        #expect(try JSONSchema.of(String.self) == ["type": "string"])
        #expect(try JSONSchema.of([Int64].self) == ["type": "array", "items": ["type": "integer"]])
        #expect(try JSONSchema.of(JSONValue.self) == [:])
        #expect(try JSONSchema.of([String: [Bool?]].self)["additionalProperties"]?["items"] == ["type": "boolean"])
        struct Nothing: Decodable {}
        #expect(try JSONSchema.of(Nothing.self) == ["type": "object"])
    }

    @Test func saysWhatItCannotDescribe() {
        final class Node: Decodable { var children: [Node] = [] }
        struct Stubborn: Decodable {
            init(from decoder: any Decoder) throws {
                _ = try decoder.singleValueContainer().decode(String.self)
                throw JSONError("never")
            }
        }
        let recursive = #expect(throws: JSONError.self) { try JSONSchema.of(Node.self) }
        #expect(recursive?.kind == .fault)
        struct Holder: Decodable { var node: [String: Node]? }
        let held = #expect(throws: JSONError.self) { try JSONSchema.of(Holder.self) }
        #expect(held?.message == recursive?.message)
        #expect(recursive?.message.contains("contains itself") == true)
        let stubborn = #expect(throws: JSONError.self) { try JSONSchema.of(Stubborn.self) }
        #expect(stubborn?.message.contains("SchemaSampled") == true)
    }
}

import Foundation
import HTTPTypes
import HearthCore
import HearthJSON
import HearthTesting
import Testing

/// Bad records are told of one by one, and nothing of their request is kept.
@Suite struct BadRecordsTests {
    private let world: CollectionWorld

    init() async throws {
        world = try await CollectionWorld()
        try await world.make()
        try await world.fill(count: 1)
    }

    /// Sends a good record and a bad one.
    private func send(_ bad: JSONValue, partial: Bool = false) async throws -> DoorClient.Answer {
        try await world.send(
            .post, "/api/collections/shop/records",
            ["records": [["id": "good", "vector": [0, 1]], bad], "partial": .bool(partial)])
    }

    private static let bad: [(String, String, Int)] = [
        (#"{"id": "z", "vector": [1, 2, 3]}"#, "conflict", 409),
        (#"{"id": "z", "vector": [0, 0]}"#, "invalid_request", 400),
        (#"{"id": "z", "vector": [1e39, 0]}"#, "invalid_request", 400),
        (#"{"id": "z", "vector": [1, "NaN"]}"#, "invalid_request", 400),
        (#"{"id": "z", "vector": "AADAfwAAAAA="}"#, "invalid_request", 400),
        (#"{"id": "z", "vector": "AAAA"}"#, "invalid_request", 400),
        (#"{"id": "z", "vector": "!!!"}"#, "invalid_request", 400),
        (#"{"id": "z"}"#, "invalid_request", 400),
        (#"{"id": "z", "vector": [1, 0], "text": "x"}"#, "invalid_request", 400),
        (#"{"id": "z", "text": "x"}"#, "unprocessable_content", 422),
        (#"{"id": "", "vector": [1, 0]}"#, "invalid_request", 400),
        (#"{"id": 5, "vector": [1, 0]}"#, "invalid_request", 400),
        (#"{"vector": [1, 0]}"#, "invalid_request", 400),
        (#"{"id": "a\u0000b", "vector": [1, 0]}"#, "invalid_request", 400),
        (#"{"id": "good", "vector": [1, 0]}"#, "invalid_request", 400),
        (#"{"id": "z", "vector": [1, 0], "colour": "red"}"#, "invalid_request", 400),
        (#"{"id": "z", "vector": [1, 0], "payload": []}"#, "invalid_request", 400),
        (#"{"id": "z", "vector": [1, 0], "payload": {"price": "cheap"}}"#, "unprocessable_content", 422),
        ("7", "invalid_request", 400),
    ]

    @Test(arguments: bad)
    func oneBadRecordKeepsTheOthersOut(text: String, code: String, status: Int) async throws {
        let record = try JSONParser.read(Data(text.utf8))
        let answer = try await send(record)
        #expect(answer.status == status && answer.code == code, "\(answer.text)")
        let details = answer.json.at("error.details")?.arrayValue ?? []
        #expect(details.count == 1 && details.first?["index"] == 1 && details.first?["code"]?.stringValue == code)
        #expect(details.first?["message"]?.stringValue?.isEmpty == false)
        #expect(try await world.send(.get, "/api/collections/shop/count").json["count"] == 1)
        #expect(try await world.send(.post, "/api/collections/shop/query", ["vector": [0, 1]]).json.ids == ["a"])
    }

    @Test func allBadRecordsAreTold() async throws {
        let records = try Self.bad.map { try JSONParser.read(Data($0.0.utf8)) }
        let answer = try await world.send(
            .post, "/api/collections/shop/records",
            ["records": .array([["id": "good", "vector": [0, 1]]] + records)])
        #expect(answer.status == 422)
        #expect(answer.json.at("error.details")?.arrayValue?.count == Self.bad.count)
    }

    @Test func partialStoresTheGoodOnes() async throws {
        let answer = try await send(["id": "z", "vector": [1, 2, 3]], partial: true)
        #expect(answer.status == 200 && answer.json["upserted"] == 1 && answer.json["error_count"] == 1)
        #expect(answer.json.at("errors.0.id") == "z" && answer.json.at("errors.0.code") == "conflict")
        #expect(try await world.send(.get, "/api/collections/shop/count").json["count"] == 2)
    }

    @Test func aPayloadMayHaveAnyText() async throws {
        let payload: JSONValue = ["nul": "a\u{0}b", "backslash": "\\u0000", "emoji": "🏮", "brand": "\u{1F}"]
        let answer = try await send(["id": "z", "vector": [1, 0], "payload": payload])
        #expect(answer.status == 200, "\(answer.text)")
        let shown = try await world.send(.post, "/api/collections/shop/records/get", ["ids": ["z"]])
        #expect(shown.json.at("records.0.payload") == payload)
    }

    @Test func aPayloadHasALimit() async throws {
        let long = String(repeating: "x", count: Limits.payloadBytes)
        let answer = try await send(["id": "z", "vector": [1, 0], "payload": ["text": .string(long)]])
        #expect(answer.status == 413 && answer.code == "body_too_large")
        let wide = try await send([
            "id": "z", "vector": [1, 0], "document": .string(String(repeating: "x", count: 2 << 20)),
        ])
        #expect(wide.status == 413)
    }

    @Test func tooManyRecordsAreRefused() async throws {
        let records = (0...Limits.recordBatch).map { ["id": .string("r\($0)"), "vector": [1, 0]] as JSONValue }
        let answer = try await world.send(.post, "/api/collections/shop/records", ["records": .array(records)])
        #expect(answer.status == 400)
        #expect(try await world.send(.get, "/api/collections/shop/count").json["count"] == 1)
    }

    @Test func deepJSONIsRefused() async throws {
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        let body = #"{"records": [{"id": "z", "vector": [1, 0], "payload": {"x": "# + deep + "}}]}"
        let answer = try await world.send(.post, "/api/collections/shop/records", bytes: Data(body.utf8))
        #expect(answer.status == 400)
    }

    @Test(arguments: [
        #"{}"#, #"{"vector": [1, 0], "id": "a"}"#, #"{"vector": [1, 0], "k": 0}"#,
        #"{"vector": [1, 0], "k": 99999999}"#,
        #"{"vector": [0, 0]}"#, #"{"vector": []}"#, #"{"vectors": []}"#, #"{"vector": [1, 0], "filter": 3}"#,
    ])
    func badQueriesAreRefused(text: String) async throws {
        let answer = try await world.send(.post, "/api/collections/shop/query", bytes: Data(text.utf8))
        #expect(answer.status == 400, "\(answer.text)")
    }

    @Test func otherQueriesSayWhatIsWrong() async throws {
        let path = "/api/collections/shop/query"
        #expect(try await world.send(.post, path, ["vector": [1, 0, 0]]).status == 409)
        #expect(try await world.send(.post, path, ["id": "nobody"]).status == 404)
        #expect(try await world.send(.post, path, ["text": "x"]).status == 422)
        let unknown = try await world.send(.post, path, ["vector": [1, 0], "filter": ["colour": "red"]])
        #expect(unknown.status == 422)
        #expect(unknown.json.at("error.hint")?.stringValue?.contains("brand, price") == true)
    }
}

import Foundation
import HTTPTypes
import HearthCore
import HearthJSON
import HearthTesting
import Testing

/// Whole numbers of 64 bits in filters: no neighbour passes for another, in any call of either protocol.
@Suite struct LongNumberTests {
    private static let file = "data/user-files/collections/long-numbers.json"
    /// Three neighbours that round to one double, and a double above them.
    private static let records: JSONValue = [
        "records": [
            ["id": "a", "vector": [1, 0], "payload": ["post": 1_234_567_890_123_456_001]],
            ["id": "b", "vector": [0, 1], "payload": ["post": 1_234_567_890_123_456_002]],
            ["id": "c", "vector": [1, 1], "payload": ["post": 1_234_567_890_123_456_003]],
            ["id": "d", "vector": [1, 2], "payload": ["post": .double(1.5e18)]],
        ]
    ]
    private let world: CollectionWorld

    init() async throws {
        world = try await CollectionWorld()
        try await world.send(
            .post, "/api/collections", ["name": "posts", "dims": 2, "attributes": ["post": "number"]])
    }

    private func fill() async throws {
        let answer = try await world.send(.post, "/api/collections/posts/records", Self.records)
        #expect(answer.status == 200, "\(answer.text)")
    }

    private static let filters: [(String, [String])] = [
        ("1234567890123456001", ["a"]), (#"{"eq": 1234567890123456002}"#, ["b"]),
        (#"{"ne": 1234567890123456001}"#, ["b", "c", "d"]),
        (#"{"in": [1234567890123456001, 1234567890123456003]}"#, ["a", "c"]),
        (#"{"nin": [1234567890123456001, 1234567890123456003]}"#, ["b", "d"]),
        (#"{"gt": 1234567890123456001}"#, ["b", "c", "d"]), (#"{"gte": 1234567890123456002}"#, ["b", "c", "d"]),
        (#"{"lt": 1234567890123456003}"#, ["a", "b"]), (#"{"lte": 1234567890123456001}"#, ["a"]),
        (#"{"gt": 1234567890123456000.0}"#, ["a", "b", "c", "d"]), (#"{"eq": 1.234567890123456e18}"#, []),
        (#"{"gt": 1234567890123456003, "lt": 1.6e18}"#, ["d"]), (#"{"eq": 1500000000000000000}"#, ["d"]),
    ]

    @Test(arguments: filters) func everyOperatorTellsNeighboursApart(condition: String, ids: [String]) async throws {
        try await fill()
        let filter: JSONValue = ["post": try JSONParser.read(Data(condition.utf8))]
        let count = try await world.send(.post, "/api/collections/posts/count", ["filter": filter])
        #expect(count.json["count"] == .int(Int64(ids.count)), "\(count.text)")
        let query = try await world.send(
            .post, "/api/collections/posts/query", ["vector": [1, 0], "k": 10, "filter": filter])
        #expect(query.json.ids.sorted() == ids)
        guard !ids.isEmpty else { return }
        let deleted = try await world.send(.post, "/api/collections/posts/records/delete", ["filter": filter])
        #expect(deleted.json["deleted"] == .int(Int64(ids.count)))
        let left = try await world.send(.post, "/api/collections/posts/query", ["vector": [1, 0], "k": 10])
        #expect(left.json.ids.sorted() == ["a", "b", "c", "d"].filter { !ids.contains($0) })
    }

    @Test func chromaClientsGetAndDeleteTheRecordThatTheyMean() async throws {
        let database = "/api/v2/tenants/default_tenant/databases/default_database"
        let made = try await world.send(.post, "\(database)/collections", ["name": "alpha"])
        let path = "\(database)/collections/\(try #require(made.json["id"]?.stringValue))"
        try await world.send(
            .post, "\(path)/add",
            [
                "ids": ["a", "b"], "embeddings": [[1, 0], [0, 1]],
                "metadatas": [["post": 1_234_567_890_123_456_001], ["post": 1_234_567_890_123_456_002]],
            ])
        func ids(_ condition: JSONValue) async throws -> JSONValue? {
            try await world.send(.post, "\(path)/get", ["where": ["post": condition]]).json["ids"]
        }
        #expect(try await ids(["$eq": 1_234_567_890_123_456_002]) == ["b"])
        #expect(try await ids(["$gt": 1_234_567_890_123_456_001]) == ["b"])
        #expect(try await ids(["$in": [1_234_567_890_123_456_001]]) == ["a"])
        try await world.send(
            .post, "\(path)/update", ["ids": ["a"], "metadatas": [["post": 1_234_567_890_123_456_003]]])
        #expect(try await ids(["$lt": 1_234_567_890_123_456_003]) == ["b"])
        let deleted = try await world.send(
            .post, "\(path)/delete", ["where": ["post": ["$lt": 1_234_567_890_123_456_003]]])
        #expect(deleted.json["deleted"] == 1)
        #expect(try await world.send(.post, "\(path)/get", [:]).json["ids"] == ["a"])
    }

    @Test(.enabled(if: SharedData.has(file), Comment(rawValue: SharedData.reason(file))))
    func aFileOfPostsIsFilteredAsItsOwnerExpects() async throws {
        let body = try Data(contentsOf: SharedData.url(Self.file))
        try await world.send(.post, "/api/collections/posts/records", bytes: body)
        func count(_ condition: JSONValue) async throws -> JSONValue? {
            try await world.send(
                .post, "/api/collections/posts/count", ["filter": ["post": condition]]
            ).json["count"]
        }
        #expect(try await count(1_234_567_890_123_456_001) == 1)
        #expect(try await count(["gt": 1_234_567_890_123_456_001]) == 2)
        let deleted = try await world.send(
            .post, "/api/collections/posts/records/delete", ["filter": ["post": 1_234_567_890_123_456_001]])
        #expect(deleted.json["deleted"] == 1)
    }
}

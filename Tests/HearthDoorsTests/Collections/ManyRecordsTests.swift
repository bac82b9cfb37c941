import Foundation
import HTTPTypes
import HearthCollections
import HearthCore
import HearthJSON
import HearthSQLite
import HearthTesting
import HearthVectorStore
import Testing

@testable import HearthDoors

/// Many records of one request hold the only writer for a short time, measured by the rows of a transaction;
/// what is refused leaves nothing all the same.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ManyRecordsTests {
    private static let database = "/api/v2/tenants/default_tenant/databases/default_database/collections"
    /// Three steps; as many as a request may have would be of the same kind.
    private static let count = 2 * Limits.stepItems + 200
    private let world: CollectionWorld

    init() async throws { world = try await CollectionWorld() }

    private static func vector(_ number: Int) -> JSONValue { [1, .int(Int64(number))] }

    /// Records r0, r1, … as hearth's own route takes them.
    private static func records(_ count: Int = count, vector: (Int) -> JSONValue = vector) -> JSONValue {
        ["records": .array((0..<count).map { ["id": .string("r\($0)"), "vector": vector($0)] })]
    }

    /// The same as Chroma's routes take them.
    private static func columns(_ count: Int = count, vector: (Int) -> JSONValue = vector) -> JSONValue {
        ["ids": .array((0..<count).map { .string("r\($0)") }), "embeddings": .array((0..<count).map(vector))]
    }

    private func chroma() async throws -> String {
        let made = try await world.send(.post, Self.database, ["name": "alpha"])
        return "\(Self.database)/\(try #require(made.json["id"]?.stringValue, "\(made.text)"))"
    }

    private func stored() async throws -> Int {
        try await world.store.read { db in try db.value("SELECT COUNT(*) FROM embeddings", as: Int.self) ?? -1 }
    }

    /// Rows of the largest transaction, the collection's own among them.
    private var isShort: Bool { world.store.meter.largestTransaction <= Limits.stepItems + 10 }

    @Test func aRequestOfHearthsOwn() async throws {
        try await world.make()
        let answer = try await world.send(.post, "/api/collections/shop/records", Self.records())
        #expect(
            answer.status == 200 && answer.json["upserted"] == .int(Int64(Self.count)), "\(answer.text.prefix(200))")
        #expect(try await stored() == Self.count)
        #expect(isShort)
    }

    @Test(arguments: ["add", "upsert"]) func aRequestOfChromas(verb: String) async throws {
        let path = try await chroma()
        let answer = try await world.send(.post, "\(path)/\(verb)", Self.columns())
        #expect((200..<300).contains(answer.status), "\(answer.text.prefix(200))")
        #expect(try await stored() == Self.count)
        let again = try await world.send(.post, "\(path)/\(verb)", Self.columns())
        #expect((200..<300).contains(again.status))
        #expect(try await stored() == Self.count, "the same request again changes nothing")
        #expect(isShort)
    }

    @Test func anUpdateOfChromasKeepsWhatItDoesNotGive() async throws {
        let path = try await chroma()
        _ = try await world.send(.post, "\(path)/add", Self.columns())
        let change: JSONValue = [
            "ids": .array((0..<Self.count).map { .string("r\($0)") }),
            "metadatas": .array((0..<Self.count).map { ["n": .int(Int64($0))] }),
        ]
        let answer = try await world.send(.post, "\(path)/update", change)
        #expect((200..<300).contains(answer.status), "\(answer.text.prefix(200))")
        let last = try await world.send(
            .post, "\(path)/get", ["ids": [.string("r\(Self.count - 1)")], "include": ["embeddings", "metadatas"]])
        #expect(last.json.at("metadatas.0.n") == .int(Int64(Self.count - 1)))
        #expect(last.json.at("embeddings.0.1")?.doubleValue == Double(Self.count - 1))
        #expect(isShort)
    }

    @Test func ofAnIdThatComesTwiceTheFirstOrTheLastCountsAlsoAcrossSteps() async throws {
        let path = try await chroma()
        var ids = (0..<Limits.stepItems + 5).map { JSONValue.string("r\($0)") }
        ids[Limits.stepItems + 1] = "r0"
        let body: JSONValue = ["ids": .array(ids), "embeddings": .array(ids.indices.map(Self.vector))]
        func second() async throws -> Double? {
            try await world.send(.post, "\(path)/get", ["ids": ["r0"], "include": ["embeddings"]])
                .json.at("embeddings.0.1")?.doubleValue
        }
        _ = try await world.send(.post, "\(path)/add", body)
        #expect(try await second() == 0)
        _ = try await world.send(.post, "\(path)/upsert", body)
        #expect(try await second() == Double(Limits.stepItems + 1))
    }

    @Test func anInvalidRecordInTheLastStepKeepsOutAllOfThem() async throws {
        let wrong = { (number: Int) -> JSONValue in number == Self.count - 1 ? [1, 2, 3] : Self.vector(number) }
        try await world.make()
        let native = try await world.send(.post, "/api/collections/shop/records", Self.records(vector: wrong))
        #expect((400..<500).contains(native.status), "\(native.text.prefix(200))")
        let path = try await chroma()
        for verb in ["add", "upsert"] {
            let refused = try await world.send(.post, "\(path)/\(verb)", Self.columns(vector: wrong))
            #expect((400..<500).contains(refused.status), "\(refused.text.prefix(200))")
        }
        #expect(try await stored() == 0)
    }

    @Test func largeRecordsMakeSmallerSteps() {
        let records = (0..<100).map {
            CollectionTable.Record(item: "r\($0)", vector: [1], document: String(repeating: "x", count: 1 << 20))
        }
        let steps = records.writeSteps(bytes: \.storedBytes)
        #expect(steps.flatMap { $0 } == records, "each once, in their order")
        #expect(steps.allSatisfy { $0.reduce(0) { $0 + $1.storedBytes } <= Limits.stepBytes })
        #expect(steps.count == 15, "seven of them each")
        #expect([Int]().writeSteps { $0 }.isEmpty)
        #expect([Limits.stepBytes + 1, 1].writeSteps { $0 }.map(Array.init) == [[Limits.stepBytes + 1], [1]])
    }
}

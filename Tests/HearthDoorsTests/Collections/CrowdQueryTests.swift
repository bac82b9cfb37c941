import Foundation
import HTTPTypes
import HearthCore
import HearthJSON
import HearthTesting
import Testing

/// Vectors that are nearly the same, through the routes of collections and those of Chroma's clients.
@Suite(.serialized, .timeLimit(.minutes(5))) struct CrowdQueryTests {
    private static let database = "/api/v2/tenants/default_tenant/databases/default_database"
    private static let asked = Array(stride(from: 0, to: 150, by: 29))

    private func text(_ vector: [Float]) -> JSONValue { .string(Data(littleEndian: vector).base64EncodedString()) }

    private func numbers(_ ids: JSONValue?) -> [Int] {
        (ids?.arrayValue ?? []).compactMap { $0.stringValue.flatMap(Int.init) }
    }

    @Test(arguments: [Float(1e-3), 1e-5], ["cosine", "dot", "euclidean"])
    func ofACollectionAreFoundExactly(noise: Float, metric: String) async throws {
        let crowd = Crowd(count: 150, noise: noise)
        let world = try await CollectionWorld()
        try await world.send(
            .post, "/api/collections",
            ["name": "c", "dims": .int(Int64(crowd.dims)), "metric": .string(metric), "attributes": ["n": "number"]])
        let records = crowd.members.map { number -> JSONValue in
            ["id": .string("\(number)"), "vector": text(crowd[number]), "payload": ["n": .int(Int64(number % 7))]]
        }
        let added = try await world.send(.post, "/api/collections/c/records", ["records": .array(records)])
        try #require(added.status < 300, "\(added.text)")
        for filter: JSONValue in [nil, ["n": ["gte": 4]]] {
            let members = crowd.members.filter { filter.isNull || $0 % 7 >= 4 }
            var query: JSONValue = [
                "vectors": .array(Self.asked.map { text(crowd[$0]) }), "k": 10, "include_payloads": false,
            ]
            if !filter.isNull { query["filter"] = filter }
            var exact = query
            exact["exact"] = true
            let answers = [
                try await world.send(.post, "/api/collections/c/query", query),
                try await world.send(.post, "/api/collections/c/query", exact),
            ]
            #expect(answers[0].json["results"] == answers[1].json["results"], "bit by bit")
            for (place, number) in Self.asked.enumerated() {
                let matches = answers[0].json.at("results.\(place).matches")?.arrayValue ?? []
                let found = numbers(.array(matches.compactMap { $0["id"] }))
                #expect(crowd.fault(in: found, query: crowd[number], among: members, k: 10) == nil, "record \(number)")
            }
        }
    }

    @Test(arguments: [Float(1e-3), 1e-5], ["cosine", "ip", "l2"])
    func ofChromasClientsAreFoundExactly(noise: Float, space: String) async throws {
        let crowd = Crowd(count: 150, noise: noise)
        let world = try await CollectionWorld()
        let made = try await world.send(
            .post, "\(Self.database)/collections",
            ["name": "chroma", "configuration": ["hnsw": ["space": .string(space)]]])
        let path = "\(Self.database)/collections/\(made.json["id"]?.stringValue ?? "")"
        let added = try await world.send(
            .post, "\(path)/add",
            [
                "ids": .array(crowd.members.map { .string("\($0)") }),
                "embeddings": .array(crowd.members.map { text(crowd[$0]) }),
                "metadatas": .array(crowd.members.map { ["n": .int(Int64($0 % 7))] }),
            ])
        try #require(added.status == 201, "\(added.text)")
        for filter: JSONValue in [nil, ["n": ["$gte": 4]]] {
            let members = crowd.members.filter { filter.isNull || $0 % 7 >= 4 }
            let answer = try await world.send(
                .post, "\(path)/query",
                [
                    "query_embeddings": .array(Self.asked.map { text(crowd[$0]) }), "n_results": 10, "where": filter,
                    "include": ["distances"],
                ])
            for (place, number) in Self.asked.enumerated() {
                let found = numbers(answer.json.at("ids.\(place)"))
                #expect(crowd.fault(in: found, query: crowd[number], among: members, k: 10) == nil, "record \(number)")
            }
        }
    }
}

import Foundation
import HTTPTypes
import HearthCore
import HearthJSON
import HearthTesting
import Testing

/// Collections through REST: what is made, what is found, and what must not appear.
@Suite struct CollectionOperationsTests {
    private let world: CollectionWorld

    init() async throws { world = try await CollectionWorld() }

    @Test func aCollectionIsMadeShownChangedAndDeleted() async throws {
        let made = try await world.send(
            .post, "/api/collections",
            ["name": "shop", "dims": 3, "metric": "euclidean", "metadata": ["owner": "Ada"], "attributes": "auto"])
        #expect(made.status == 201)
        let id = try #require(made.json["collection_id"]?.stringValue)
        for reference in [id, "shop"] {
            let shown = try await world.send(.get, "/api/collections/\(reference)")
            #expect(shown.json == made.json)
        }
        #expect(made.json["metric"] == "euclidean" && made.json["dims"] == 3 && made.json["record_count"] == 0)
        let changed = try await world.send(
            .patch, "/api/collections/shop", ["name": "store", "metadata": ["owner": "Grace"]])
        #expect(changed.json["name"] == "store" && changed.json.at("metadata.owner") == "Grace")
        #expect(try await world.send(.get, "/api/collections/shop").status == 404)
        #expect(try await world.send(.delete, "/api/collections/store").json["deleted"]?.stringValue == id)
        #expect(try await world.send(.get, "/api/collections/\(id)").status == 404)
    }

    @Test func aNameIsTakenOnce() async throws {
        try await world.make()
        let second = try await world.send(.post, "/api/collections", ["name": "shop"])
        #expect(second.status == 409 && second.code == "conflict")
        let again = try await world.send(.post, "/api/collections", ["name": "shop", "get_or_create": true])
        #expect(again.status == 201 && again.json["dims"] == 2)
        let unlike = try await world.send(
            .post, "/api/collections", ["name": "shop", "dims": 5, "get_or_create": true])
        #expect(unlike.status == 409)
    }

    @Test(arguments: ["", "a b", "../x", "a/b", "ü", ".hidden", String(repeating: "a", count: 600)])
    func badNamesAreRefused(name: String) async throws {
        #expect(try await world.send(.post, "/api/collections", ["name": .string(name)]).status == 400)
    }

    @Test func listsHavePages() async throws {
        for name in ["c", "a", "b"] { try await world.make(name) }
        let first = try await world.send(.get, "/api/collections?limit=2")
        #expect(first.json["items"]?.arrayValue?.map { $0["name"] } == ["a", "b"])
        let cursor = try #require(first.json["next_cursor"]?.stringValue)
        let second = try await world.send(.get, "/api/collections?limit=2&cursor=\(cursor)")
        #expect(second.json["items"]?.arrayValue?.map { $0["name"] } == ["c"])
        #expect(second.json["next_cursor"] == nil)
    }

    @Test func queriesFindTheClosestFirst() async throws {
        try await world.make()
        try await world.fill()
        let found = try await world.send(
            .post, "/api/collections/shop/query", ["vector": [1, 0], "k": 3, "include_vectors": true])
        #expect(found.json.ids == ["a", "b", "c"])
        #expect(found.json.at("results.0.compared") == 5)
        let best = try #require(found.json.at("results.0.matches.0"))
        #expect(abs((best["score"]?.doubleValue ?? 0) - 1) < 1e-5)
        #expect(abs((best["distance"]?.doubleValue ?? 1)) < 1e-5)
        #expect(best.at("payload.brand") == "x" && best["vector"] == [1.0, 0.0])
        #expect(found.json.at("timings.total_ms")?.doubleValue != nil)
        let bare = try await world.send(
            .post, "/api/collections/shop/query", ["vector": [1, 0], "k": 1, "include_payloads": false])
        #expect(bare.json.at("results.0.matches.0.payload") == nil)
    }

    @Test func queriesComeInAllForms() async throws {
        try await world.make()
        try await world.fill()
        let base64 = Data(littleEndian: [1, 0]).base64EncodedString()
        for query in [["vector": .string(base64)], ["id": "a"], ["vectors": [[1, 0]]]] as [JSONValue] {
            #expect(try await world.send(.post, "/api/collections/shop/query", query).json.ids.first == "a")
        }
        let two = try await world.send(
            .post, "/api/collections/shop/query", ["vectors": [[1, 0], [0, 1]], "k": 1, "exact": true])
        #expect(two.json.at("results.0.matches.0.id") == "a" && two.json.at("results.1.matches.0.id") == "e")
        let near = try await world.send(
            .post, "/api/collections/shop/query", ["vector": [1, 0], "min_score": 0.98])
        #expect(near.json.ids == ["a", "b"])
    }

    @Test(arguments: [
        (#"{"brand": "y"}"#, ["b", "d"]), (#"{"price": {"gte": 3}}"#, ["d", "e"]),
        (#"{"or": [{"brand": "y"}, {"price": 4}]}"#, ["b", "d", "e"]), (#"{"not": {"brand": "x"}}"#, ["b", "d"]),
        (#"{"brand": {"in": ["y", "z"]}, "price": {"lt": 2}}"#, ["b"]), (#"{"price": 77}"#, []),
    ])
    func filtersDecideWhatIsCompared(filter: String, expected: [String]) async throws {
        try await world.make()
        try await world.fill()
        let json = try JSONParser.read(Data(filter.utf8))
        let found = try await world.send(
            .post, "/api/collections/shop/query", ["vector": [1, 0], "k": 10, "filter": json])
        #expect(found.json.ids == expected)
        #expect(found.json.at("results.0.compared") == .int(Int64(expected.count)))
        let count = try await world.send(.post, "/api/collections/shop/count", ["filter": json])
        #expect(count.json["count"] == .int(Int64(expected.count)))
        let deleted = try await world.send(.post, "/api/collections/shop/records/delete", ["filter": json])
        #expect(deleted.json["deleted"] == .int(Int64(expected.count)))
        #expect(
            try await world.send(.get, "/api/collections/shop/count").json["count"] == .int(Int64(5 - expected.count)))
    }

    @Test func metricsGiveTheirOwnDistances() async throws {
        for (metric, score, distance) in [("cosine", 0.6, 0.4), ("dot", 6, -5), ("euclidean", -17, 17.0.squareRoot())] {
            try await world.make(metric, metric: metric)
            try await world.send(
                .post, "/api/collections/\(metric)/records", ["records": [["id": "a", "vector": [3, 4]]]])
            let found = try await world.send(.post, "/api/collections/\(metric)/query", ["vector": [2, 0]])
            let match = try #require(found.json.at("results.0.matches.0"), "\(metric)")
            #expect(abs((match["score"]?.doubleValue ?? 99) - score) < 1e-4, "\(metric)")
            #expect(abs((match["distance"]?.doubleValue ?? 99) - distance) < 1e-4, "\(metric)")
        }
    }

    @Test func recordsAreListedShownAndDeleted() async throws {
        try await world.make()
        try await world.fill()
        let page = try await world.send(.get, "/api/collections/shop/records?limit=2&cursor=b")
        #expect(page.json["items"]?.arrayValue?.map { $0["id"] } == ["c", "d"])
        #expect(page.json["next_cursor"] == "d" && page.json.at("items.0.vector") == nil)
        let shown = try await world.send(
            .post, "/api/collections/shop/records/get", ["ids": ["d", "nobody", "a"], "include_vectors": true])
        #expect(shown.json["records"]?.arrayValue?.map { $0["id"] } == ["d", "a"])
        #expect(shown.json.at("records.1.vector") == [1.0, 0.0])
        let deleted = try await world.send(
            .post, "/api/collections/shop/records/delete", ["ids": ["a", "b", "nobody"]])
        #expect(deleted.json["deleted"] == 2)
        let found = try await world.send(.post, "/api/collections/shop/query", ["vector": [1, 0]])
        #expect(found.json.ids == ["c", "d", "e"])
        for body in [[:], ["filter": [:]], ["ids": ["a"], "filter": ["brand": "x"]]] as [JSONValue] {
            #expect(try await world.send(.post, "/api/collections/shop/records/delete", body).status == 400)
        }
        #expect(try await world.send(.get, "/api/collections/shop/count").json["count"] == 3)
    }

    @Test func attributesCanBeDeclaredLater() async throws {
        try await world.send(.post, "/api/collections", ["name": "shop", "dims": 2])
        try await world.fill()
        let query: JSONValue = ["vector": [1, 0], "filter": ["brand": "y"]]
        #expect(try await world.send(.post, "/api/collections/shop/query", query).status == 422)
        try await world.send(.patch, "/api/collections/shop", ["attributes": ["brand": "text"]])
        #expect(try await world.send(.post, "/api/collections/shop/query", query).json.ids == ["b", "d"])
        let unfit = try await world.send(.patch, "/api/collections/shop", ["attributes": ["brand": "number"]])
        #expect(unfit.status == 422)
        #expect(try await world.send(.post, "/api/collections/shop/query", query).json.ids == ["b", "d"])
    }

    @Test func anotherTenantSeesNothing() async throws {
        try await world.make()
        try await world.fill()
        let id = try await world.send(.get, "/api/collections/shop").json["collection_id"]?.stringValue ?? ""
        for reference in ["shop", id] {
            let path = "/api/collections/\(reference)"
            let attempts: [(HTTPRequest.Method, String, JSONValue?)] = [
                (.get, path, nil), (.patch, path, ["name": "mine"]), (.delete, path, nil),
                (.get, "\(path)/records", nil), (.get, "\(path)/count", nil), (.get, "\(path)/export", nil),
                (.post, "\(path)/import", nil),
                (.post, "\(path)/records", ["records": [["id": "z", "vector": [1, 0]]]]),
                (.post, "\(path)/records/get", ["ids": ["a"]]), (.post, "\(path)/records/delete", ["ids": ["a"]]),
                (.post, "\(path)/query", ["vector": [1, 0]]),
            ]
            for (method, path, body) in attempts {
                let answer = try await world.send(method, path, body, as: CollectionWorld.other)
                #expect(answer.status == 404 && answer.code == "not_found", "\(method) \(path)")
            }
        }
        #expect(try await world.send(.get, "/api/collections", as: CollectionWorld.other).json["items"] == [])
        // The same name is free there, and the two stay apart.
        try await world.make(as: CollectionWorld.other)
        #expect(
            try await world.send(.post, "/api/collections/shop/query", ["vector": [1, 0]], as: CollectionWorld.other)
                .json.ids == [])
        #expect(try await world.send(.get, "/api/collections/shop/count").json["count"] == 5)
    }

    @Test func aReaderMayNotWrite() async throws {
        try await world.make()
        let reader = Principal(tenant: .local, permission: .read)
        for (path, body) in [
            ("/api/collections", ["name": "b"]), ("/api/collections/shop/records", ["records": []]),
            ("/api/collections/shop/records/delete", ["ids": ["a"]]), ("/api/collections/shop/import", nil),
        ] as [(String, JSONValue?)] {
            #expect(try await world.send(.post, path, body, as: reader).status == 403, "\(path)")
        }
        #expect(try await world.send(.get, "/api/collections/shop", as: reader).status == 200)
    }
}

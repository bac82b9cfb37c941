import Foundation
import HTTPTypes
import HearthCore
import HearthJSON
import HearthTesting
import Testing

/// Chroma's API as its clients call it; the real client is in Tools/clients.
@Suite struct ChromaDoorTests {
    private static let database = "/api/v2/tenants/default_tenant/databases/default_database"
    private let world: CollectionWorld

    init() async throws { world = try await CollectionWorld() }

    /// Makes a collection and returns its path.
    private func make(_ name: String = "alpha", _ more: JSONValue = [:], as principal: Principal = .local) async throws
        -> String
    {
        var body = more
        body["name"] = .string(name)
        let made = try await world.send(.post, "\(Self.database)/collections", body, as: principal)
        let id = try #require(made.json["id"]?.stringValue, "\(made.text)")
        return "\(Self.database)/collections/\(id)"
    }

    private func fill(_ path: String) async throws {
        let answer = try await world.send(
            .post, "\(path)/add",
            [
                "ids": ["a", "b", "c"],
                "embeddings": [[1, 0], [0, 1], .string(Data(littleEndian: [2, 2]).base64EncodedString())],
                "metadatas": [["k": "v", "n": 1], nil, ["k": "w"]], "documents": ["apple pie", nil, "banana"],
            ])
        #expect(answer.status == 201 && answer.text == "{}\n")
    }

    @Test func aCollectionHasTheShapeThatClientsRead() async throws {
        _ = try await make("alpha", ["metadata": ["hnsw:space": "cosine"]])
        let shown = try await world.send(.get, "\(Self.database)/collections/alpha").json
        #expect(shown.at("configuration_json.hnsw.space") == "cosine" && shown["dimension"] == .null)
        #expect(shown["tenant"] == "default_tenant" && shown["database"] == "default_database")
        #expect(shown["version"] == 0 && shown["log_position"] == 0)
        // Chroma's client changes both places of it when it changes the configuration.
        for place in ["defaults.float_list", "keys.#embedding.float_list"] {
            #expect(shown.at("schema.\(place).vector_index.config.space") == "cosine", "\(place)")
            #expect(shown.at("schema.\(place).vector_index.config.hnsw.ef_search") == 100, "\(place)")
        }
        let configured = try await make(
            "beta", ["configuration": ["hnsw": ["space": "ip"], "embedding_function": ["type": "legacy"]]])
        let beta = try await world.send(.get, "\(Self.database)/collections/beta").json
        #expect(
            beta.at("configuration_json.hnsw.space") == "ip" && configured.hasSuffix(beta["id"]?.stringValue ?? "?"))
        #expect(beta.at("configuration_json.embedding_function.type") == "legacy")
        let plain = try await make("gamma")
        #expect(
            try await world.send(.get, "\(Self.database)/collections/gamma").json
                .at("configuration_json.hnsw.space") == "l2")
        #expect(try await world.send(.put, plain, ["new_name": "delta"]).text == "{}\n")
        #expect(try await world.send(.get, "\(Self.database)/collections_count").json == 3)
    }

    @Test func columnsThatAreNotIncludedAreNull() async throws {
        let path = try await make()
        try await fill(path)
        let get = try await world.send(.post, "\(path)/get", [:]).json
        #expect(
            get == [
                "ids": ["a", "b", "c"], "embeddings": nil, "documents": ["apple pie", nil, "banana"],
                "metadatas": [["k": "v", "n": 1], nil, ["k": "w"]], "uris": nil, "include": ["documents", "metadatas"],
            ])
        let query = try await world.send(
            .post, "\(path)/query",
            ["query_embeddings": [[1, 0]], "n_results": 2, "include": ["embeddings", "distances"]]
        ).json
        #expect(
            query == [
                "ids": [["a", "b"]], "embeddings": [[[1.0, 0.0], [0.0, 1.0]]], "documents": nil, "metadatas": nil,
                "uris": nil, "distances": [[0.0, 2.0]], "include": ["embeddings", "distances"],
            ])
    }

    @Test func changesKeepWhatIsNotGiven() async throws {
        let path = try await make()
        try await fill(path)
        try await world.send(
            .post, "\(path)/update", ["ids": ["a", "nobody"], "metadatas": [["n": nil, "m": 2], ["x": 1]]])
        try await world.send(.post, "\(path)/upsert", ["ids": ["b"], "embeddings": [[5, 5]]])
        try await world.send(.post, "\(path)/add", ["ids": ["c", "d"], "embeddings": [[9, 9], [8, 8]]])
        let get = try await world.send(.post, "\(path)/get", ["include": ["embeddings", "documents", "metadatas"]]).json
        #expect(get["ids"] == ["a", "b", "c", "d"])
        #expect(get["metadatas"] == [["k": "v", "m": 2], nil, ["k": "w"], nil])
        #expect(get["documents"] == ["apple pie", nil, "banana", nil])
        #expect(get["embeddings"] == [[1.0, 0.0], [5.0, 5.0], [2.0, 2.0], [8.0, 8.0]])
    }

    @Test func nothingOfABadBatchIsKept() async throws {
        let path = try await make()
        try await fill(path)
        let bad: [JSONValue] = [
            ["ids": ["x", "y"], "embeddings": [[1, 1], [1, 1, 1]]], ["ids": ["x"], "embeddings": [["1", 1]]],
            ["ids": ["x", "y"], "embeddings": [[1, 1]]], ["ids": ["x"]], ["ids": [""], "embeddings": [[1, 1]]],
            ["ids": ["x", "y"], "embeddings": [[1, 1], [1, 1]], "metadatas": [["a": 1], ["b": ["c": 1]]]],
            ["ids": ["x"], "embeddings": [[1e39, 1]]], ["ids": ["x"], "embeddings": [nil]],
        ]
        for body in bad {
            for verb in ["add", "upsert"] {
                let answer = try await world.send(.post, "\(path)/\(verb)", body)
                #expect(answer.status == 400 && answer.json["error"] == "InvalidArgumentError", "\(answer.text)")
                #expect(answer.json["message"]?.stringValue?.isEmpty == false)
            }
        }
        #expect(try await world.send(.get, "\(path)/count").json == 3)
    }

    @Test func deletesNeedSomethingNamed() async throws {
        let path = try await make()
        try await fill(path)
        #expect(try await world.send(.post, "\(path)/delete", [:]).json == ["deleted": 0])
        #expect(try await world.send(.post, "\(path)/delete", ["where": ["k": "w"]]).json == ["deleted": 1])
        #expect(
            try await world.send(.post, "\(path)/delete", ["where_document": ["$contains": "apple"]]).json
                == ["deleted": 1])
        #expect(try await world.send(.post, "\(path)/get", [:]).json["ids"] == ["b"])
    }

    @Test func errorsHaveChromasShape() async throws {
        let path = try await make()
        let missing = "\(Self.database)/collections/00000000-0000-0000-0000-000000000000/count"
        for (method, path, body, status, name) in [
            (.get, missing, nil, 404, "NotFoundError"),
            (.get, "\(Self.database)/collections/nope", nil, 404, "NotFoundError"),
            (.get, "\(Self.database)/collections/xyz/count", nil, 400, "InvalidArgumentError"),
            (.get, "/api/v2/tenants/nope", nil, 404, "NotFoundError"),
            (.get, "/api/v2/tenants/default_tenant/databases/nope/collections", nil, 404, "NotFoundError"),
            (.post, "\(Self.database)/collections", ["name": "alpha"], 409, "UniqueConstraintError"),
            (.post, "\(Self.database)/collections", ["name": "-"], 400, "InvalidArgumentError"),
            (.post, "\(path)/get", ["where": [:]], 400, "InvalidArgumentError"),
            (.post, "\(path)/get", ["where": ["a": ["$near": 1]]], 400, "InvalidArgumentError"),
            (.post, "\(path)/get", ["where_document": ["$regex": "a"]], 400, "InvalidArgumentError"),
            (.post, "/api/v2/reset", nil, 403, "AuthError"), (.get, "/api/v2/nothing", nil, 404, "NotFoundError"),
        ] as [(HTTPRequest.Method, String, JSONValue?, Int, String)] {
            let answer = try await world.send(method, path, body)
            #expect(answer.status == status && answer.json["error"]?.stringValue == name, "\(path): \(answer.text)")
        }
    }

    @Test func anotherTenantSeesNothing() async throws {
        let path = try await make()
        try await fill(path)
        let other = CollectionWorld.other
        for (verb, body) in [
            ("get", [:]), ("query", ["query_embeddings": [[1, 0]]]), ("delete", ["ids": ["a"]]),
            ("add", ["ids": ["x"], "embeddings": [[1, 0]]]), ("update", ["ids": ["a"], "documents": ["x"]]),
        ] as [(String, JSONValue)] {
            #expect(try await world.send(.post, "\(path)/\(verb)", body, as: other).status == 404, "\(verb)")
        }
        #expect(try await world.send(.get, "\(Self.database)/collections", as: other).json == [])
        #expect(try await world.send(.get, "\(Self.database)/collections/alpha", as: other).status == 404)
        #expect(try await world.send(.delete, "\(Self.database)/collections/alpha", as: other).status == 404)
        #expect(try await world.send(.get, "/api/v2/tenants/local/databases", as: other).status == 404)
        #expect(try await world.send(.get, "\(path)/count").json == 3)
    }

    @Test func whatIsNotThereSaysSo() async throws {
        let path = try await make()
        try await fill(path)
        let status = try await world.send(.get, "\(path)/indexing_status").json
        #expect(status["num_indexed_ops"] == 3 && status["num_unindexed_ops"] == 0)
        for verb in ["search", "fork"] {
            let answer = try await world.send(.post, "\(path)/\(verb)", ["new_name": "copy"])
            #expect(answer.status == 501 && answer.json["error"] == "ChromaError")
        }
    }

    @Test func databasesAreApart() async throws {
        let root = "/api/v2/tenants/default_tenant/databases"
        #expect(try await world.send(.post, root, ["name": "second"]).status == 200)
        #expect(try await world.send(.post, root, ["name": "second"]).status == 409)
        let here = try await make("both")
        let there = try await world.send(.post, "\(root)/second/collections", ["name": "both"]).json
        #expect(there["database"] == "second" && there["name"] == "both")
        let id = there["id"]?.stringValue ?? ""
        #expect(!here.hasSuffix(id))
        // An id of one database is not found in the other.
        #expect(try await world.send(.get, "\(Self.database)/collections/\(id)/count").status == 404)
        #expect(try await world.send(.get, "\(Self.database)/collections").json.arrayValue?.count == 1)
        #expect(try await world.send(.get, "/api/collections/second%2Fboth").json["collection_id"]?.stringValue == id)
        #expect(try await world.send(.delete, "\(root)/second").status == 200)
        #expect(try await world.send(.get, "/api/collections/second%2Fboth").status == 404)
        #expect(try await world.send(.get, "\(here)/count").json == 0)
    }
}

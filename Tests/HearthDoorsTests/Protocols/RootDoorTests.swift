import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import HearthInference
import HearthJSON
import HearthTesting
import Testing

@testable import HearthDoors

/// What stands at `/`, and the lists and paths by which clients of other servers find their way.
@Suite struct RootDoorTests {
    private static let model: ModelStatus = {
        var model = ModelStatus.ready("all-minilm-l6-v2", .textEmbedding, dims: 4)
        model.aliases = ["text-embedding-3-small", "sentence-transformers/all-MiniLM-L6-v2", "minilm:33m"]
        return model
    }()
    private static let names = [model.id] + model.aliases

    private func client() -> ProtocolClient {
        ProtocolClient(engine: ScriptedEngine([Self.model]) { request in EmbeddingWorld.vector(of: request) })
    }

    private func get(_ path: String, accept: String? = nil) async throws -> DoorClient.Answer {
        var headers = HTTPFields()
        headers[.accept] = accept
        return try await client().send(.get, path, headers: headers)
    }

    @Test(arguments: ["text/html", "text/html,application/xhtml+xml,*/*;q=0.8", "application/json, Text/HTML;q=0.5"])
    func aBrowserSeesAPage(accept: String) async throws {
        let page = try await get("/", accept: accept)
        #expect(page.headers[.contentType] == "text/html; charset=utf-8" && page.headers[.vary] == "Accept")
        #expect(page.text.contains("Hearth") && !page.text.contains("Ollama"))
        let head = try await client().send(.head, "/", headers: [.accept: accept])
        #expect(head.headers[.contentType] == page.headers[.contentType] && head.body.isEmpty)
    }

    @Test(arguments: [nil, "*/*", "application/json", "text/plain", "text/html;q=0", "text/*"])
    func clientsOfOllamaHearThatItRuns(accept: String?) async throws {
        let sign = try await get("/", accept: accept)
        #expect(sign.text == "Ollama is running" && sign.headers[.vary] == "Accept")
    }

    @Test func vectorsAreGivenAtTheRootAsTEIGivesThem() async throws {
        let root = try await client().send(.post, "/", #"{"inputs": ["a red lantern", "tea"]}"#)
        #expect(root.status == 200 && root.json.arrayValue?.count == 2, "\(root.text)")
        #expect(root.headers[HTTPField.Name("x-compute-characters") ?? .accept] == "16")
        let undeclared = try await client().send(
            .post, "/", #"{"inputs": "tea"}"#, type: "application/x-www-form-urlencoded")
        #expect(undeclared.status == 200)
        let bad = try await client().send(.post, "/", #"{"input": "tea"}"#)
        #expect(bad.status == 422 && bad.json["error_type"] == "Validation", "\(bad.text)")
    }

    @Test(arguments: ["/api/tags", "/api/ps"])
    func ollamasListsHaveEveryNameThatCallsTake(path: String) async throws {
        let listed = try await get(path).json["models"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
        #expect(listed == Self.names.map { $0 == "minilm:33m" ? $0 : "\($0):latest" })
        for name in listed {
            let shown = try await client().send(.post, "/api/show", #"{"model": "\#(name)"}"#)
            #expect(shown.status == 200, "\(name)")
        }
    }

    @Test(arguments: ["/v1/models", "/v3/models", "/v3/v1/models"])
    func openAIsListsHaveEveryNameThatCallsTake(path: String) async throws {
        let listed = try await get(path).json["data"]?.arrayValue ?? []
        #expect(listed.compactMap { $0["id"]?.stringValue } == Self.names)
        #expect(listed.allSatisfy { $0["root"]?.stringValue == Self.model.id })
        for name in Self.names {
            let one = try await get("\(path)/\(name)")
            #expect(one.status == 200 && one.json["id"]?.stringValue == Self.model.id, "\(name)")
        }
    }

    @Test(arguments: ["/v1/embeddings", "/embeddings", "/v3/embeddings"])
    func vectorsMayBeShortAndInBase64(path: String) async throws {
        let plain = try await client().send(
            .post, path, #"{"model": "text-embedding-3-small", "input": ["a", "b"], "dimensions": 2}"#)
        #expect(plain.json["data"]?.arrayValue?.count == 2, "\(plain.text)")
        #expect(plain.json.at("data.1.embedding")?.arrayValue?.count == 2)
        #expect(plain.json.at("usage.prompt_tokens") != nil)
        let packed = try await client().send(
            .post, path,
            #"{"model": "text-embedding-3-small", "input": "a", "dimensions": 2, "encoding_format": "base64"}"#)
        let bytes = packed.json.at("data.0.embedding")?.stringValue.flatMap { Data(base64Encoded: $0) }
        #expect(bytes?.count == 8)
    }

    @Test(arguments: [
        ("/v1/rerank", "error.type"), ("/v3/rerank", "error"), ("/v2/unknown", "error"), ("/rerank", "error_type"),
        ("/embed_all", "error_type"), ("/api/chat", "error"), ("/api/pull", "error"),
    ])
    func aPathThatIsNotThereIsAnsweredInItsClientsWords(path: String, place: String) async throws {
        let answer = try await client().send(.post, path, "{}")
        #expect(answer.status == 404 && answer.json.at(place)?.stringValue != nil, "\(answer.text)")
    }
}

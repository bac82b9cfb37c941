import Foundation
import HTTPTypes
import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import Testing

/// Collections with a model of their own: texts in place of vectors.
@Suite struct EmbeddedRecordsTests {
    /// Counts the letters a and b; a text without either cannot be embedded.
    private static func engine(digest: @escaping @Sendable () -> String) -> ScriptedEngine {
        let status = ModelStatus.ready("letters", .textEmbedding, dims: 2)
        return ScriptedEngine([status]) { request in
            guard case .text(let text, _) = request.input else { throw HearthError(.invalidRequest, "No text.") }
            let vector = ["a", "b"].map { letter in Float(text.filter { String($0) == letter }.count) }
            guard vector != [0, 0] else { throw HearthError(.invalidRequest, "Nothing to count.") }
            var status = status
            status.digest = digest()
            return .of(vector, by: status)
        }
    }

    private let revision = Locked("digest-of-letters")
    private let world: CollectionWorld

    init() async throws {
        let revision = revision
        world = try await CollectionWorld(engine: Self.engine { revision.withLock { $0 } })
        try await world.send(.post, "/api/collections", ["name": "notes", "model": "letters"])
    }

    private func add(_ texts: [String]) async throws -> DoorClient.Answer {
        let records = texts.map { ["id": .string($0), "text": .string($0)] as JSONValue }
        return try await world.send(.post, "/api/collections/notes/records", ["records": .array(records)])
    }

    @Test func textsAreEmbeddedAndFoundByTexts() async throws {
        #expect(try await world.send(.get, "/api/collections/notes").json["dims"] == 2)
        #expect(try await add(["aaa", "ab", "bbb"]).json["upserted"] == 3)
        let found = try await world.send(.post, "/api/collections/notes/query", ["text": "aab", "k": 2])
        #expect(found.json.ids == ["ab", "aaa"])
        #expect(found.json.at("results.0.matches.0.document") == "ab" && found.json["model"] == "letters")
    }

    @Test func aTextThatCannotBeEmbeddedKeepsTheOthersOut() async throws {
        let answer = try await add(["aaa", "xyz"])
        #expect(answer.status == 400 && answer.json.at("error.details.0.id") == "xyz")
        #expect(try await world.send(.get, "/api/collections/notes/count").json["count"] == 0)
    }

    @Test func anotherRevisionOfTheModelIsRefused() async throws {
        #expect(try await add(["aaa"]).status == 200)
        revision.withLock { $0 = "another" }
        #expect(try await add(["bbb"]).status == 409)
        let found = try await world.send(.post, "/api/collections/notes/query", ["text": "a"])
        #expect(found.status == 409)
        #expect(try await world.send(.get, "/api/collections/notes/count").json["count"] == 1)
    }

    @Test func aModelThatIsNotThereMakesNoCollection() async throws {
        let answer = try await world.send(.post, "/api/collections", ["name": "b", "model": "nobody"])
        #expect(answer.status == 404)
        let wrong = try await world.send(.post, "/api/collections", ["name": "b", "model": "letters", "dims": 3])
        #expect(wrong.status == 409)
        #expect(try await world.send(.get, "/api/collections/b").status == 404)
    }
}

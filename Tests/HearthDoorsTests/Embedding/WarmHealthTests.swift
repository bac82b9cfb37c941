import HTTPTypes
import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import HummingbirdCore
import Testing

@testable import HearthDoors

/// Whether a model is where its policy wants it.
@Suite struct WarmHealthTests {
    private func model(_ state: ModelState, _ keepAlive: KeepAlive) -> ModelStatus {
        var model = ModelStatus(id: "m", kind: .textEmbedding, state: state)
        model.keepAlive = keepAlive
        return model
    }

    @Test(
        arguments: [
            (ModelState.ready, KeepAlive.pinned, 200), (.loading, .pinned, 503), (.warming, .pinned, 503),
            (.absent, .pinned, 503), (.failed, .pinned, 503), (.skipped, .pinned, 200),
            (.absent, .idle(.seconds(5)), 200), (.draining, .idle(.seconds(5)), 200),
            (.loading, .idle(.seconds(5)), 503), (.ready, .idle(.seconds(5)), 200),
        ])
    func aModelIsWarmWhenItIsWhereItShouldBe(state: ModelState, keepAlive: KeepAlive, status: Int) async throws {
        let world = try EmbeddingWorld(models: [EmbeddingWorld.imageModel, model(state, keepAlive)])
        let answer = try await world.get("/health/warm")
        #expect(answer.status == status)
        #expect(answer.json["warm"] == .bool(status == 200))
        #expect(answer.json["models"]?[1]?["state"] == .string(state.rawValue))
        #expect(answer.json["models"]?[1]?["ready"] == .bool(state == .ready))
        #expect(answer.headers[.retryAfter] == (status == 200 ? nil : state == .failed ? "30" : "1"))
    }

    @Test func theAnswerIsDescribed() async throws {
        let world = try EmbeddingWorld(models: [EmbeddingWorld.imageModel])
        let answer = try await world.get("/health/warm").json
        let service = EmbeddingService(engine: ScriptedEngine())
        let schema = try #require(WarmHealth(service: service).route.description().answer)
        let (own, models) = (schema["properties"], schema["properties"]?["models"]?["items"]?["properties"])
        for key in answer.objectValue?.keys ?? [] { #expect(own?[key] != nil, "\(key)") }
        for key in answer["models"]?[0]?.objectValue?.keys ?? [] { #expect(models?[key] != nil, "\(key)") }
    }

    @Test func aWorkerThatStartsIsNotWarm() throws {
        let response = try WarmHealth.response([], reason: "The worker is starting.")
        #expect(response.status == .serviceUnavailable)
        #expect(response.headers[.retryAfter] == "1")
    }
}

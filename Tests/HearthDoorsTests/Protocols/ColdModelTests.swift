import HTTPTypes
import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import Testing

@testable import HearthDoors

/// Each protocol says in its own shape that a model is not in memory yet, and in the same words how far it is.
@Suite struct ColdModelTests {
    private static let cold: ModelStatus = {
        var model = ModelStatus.ready("minilm", .textEmbedding, dims: 4)
        model.state = .loading
        model.loadMilliseconds = 30_000
        return model
    }()

    @Test(
        arguments: [
            ("/embed", #"{"text": "a"}"#, "error.message"), ("/embed/batch", #"{"inputs": ["a", "b"]}"#, "error.code"),
            ("/embed", #"{"inputs": "a"}"#, "error_type"), ("/v1/embeddings", #"{"input": "a"}"#, "error.type"),
            ("/similarity", #"{"inputs": {"source_sentence": "a", "sentences": ["b"]}}"#, "error_type"),
            ("/api/embed", #"{"model": "minilm", "input": "a"}"#, "error"),
            (
                "/v2/models/minilm/infer",
                #"{"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["a"]}]}"#, "error"
            ),
        ])
    func aColdModelIsSaidInTheShapeOfTheProtocol(path: String, body: String, field: String) async throws {
        var engine = ScriptedEngine([Self.cold]) { _ in
            throw HearthError(.modelNotReady, "The model minilm is still loading.", retryAfter: 2)
        }
        engine.loading = { _, _ in throw HearthError(.modelNotReady, "The model minilm is still loading.") }
        let runner = EmbeddingRunner(service: EmbeddingService(engine: engine), metrics: MetricsRegistry())
        let client = try DoorClient([
            EmbeddingDoor(runner), OpenAIDoor(runner), TEIDoor(runner), OllamaDoor(runner), OpenInferenceDoor(runner),
        ])
        let answer = try await client.send(.post, path, body: .init(body.utf8))
        #expect(answer.status == 503, "\(answer.text)")
        #expect(answer.json.at(field)?.stringValue != nil, "\(answer.text)")
        let loading = answer.json["loading"]
        #expect(loading?["model"] == "minilm" && loading?["state"] == "loading")
        let rest = try #require(loading?["eta_seconds"]?.integerValue)
        #expect((1...30).contains(rest), "what is left of the 30 s that the last load took")
        #expect(answer.headers[.retryAfter] == String(rest))
        #expect(loading?["progress"]?.doubleValue.map { $0 >= 0 && $0 < 1 } == true)
    }
}

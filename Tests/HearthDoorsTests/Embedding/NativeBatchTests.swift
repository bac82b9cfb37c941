import Foundation
import HTTPTypes
import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import Testing

@testable import HearthDoors

/// `POST /embed/batch`: each input succeeds or fails by itself.
@Suite struct NativeBatchTests {
    private static let pixel = EmbeddingWorld.pixelText

    @Test func picturesAndTextsMayBeMixed() async throws {
        let world = try EmbeddingWorld()
        let answer = try await world.post(
            "/embed/batch",
            #"{"inputs": ["one", {"image": "\#(Self.pixel)"}, {"text": "two", "role": "query"}, {"tokens": [1, 2]}]}"#)
        #expect(answer.status == 200)
        let results = try #require(answer.json["results"]?.arrayValue)
        #expect(results.map { $0["index"] } == [0, 1, 2, 3])
        #expect(
            results.map { $0["model"]?["id"]?.stringValue } == [
                "all-minilm-l6-v2", "mobilenet", "all-minilm-l6-v2", "all-minilm-l6-v2",
            ])
        #expect(answer.json["failed"] == 0)
        #expect(answer.json["model"] == .null, "there is not one model")
    }

    @Test func aBadInputFailsAlone() async throws {
        let world = try EmbeddingWorld { request in
            if request.input == .text("poison", role: nil) { throw HearthError(.invalidRequest, "Too long.") }
            return EmbeddingWorld.vector(of: request)
        }
        let answer = try await world.post(
            "/embed/batch",
            #"{"inputs": ["a", "poison", {"image": "!!"}, {"image": "R0lG"}, {}, 7, {"text": "b", "x": 1}, "", "b"]}"#)
        #expect(answer.status == 200)
        let results = try #require(answer.json["results"]?.arrayValue)
        let codes = results.map { $0["error"]?["code"]?.stringValue }
        #expect(
            codes == [
                nil, "invalid_request", "invalid_request", "invalid_image", "invalid_request", "invalid_request",
                "invalid_request", "invalid_request", nil,
            ])
        #expect(answer.json["failed"] == 7)
        #expect(answer.json["model"]?["id"] == "all-minilm-l6-v2")
        for (index, result) in results.enumerated() {
            #expect(result["index"] == .int(Int64(index)))
            #expect((result["embedding"] == nil) == (result["error"] != nil))
        }
        #expect(!answer.text.contains("poison"), "no input is repeated")
    }

    @Test func aModelForOneKindFailsTheOtherKindOnly() async throws {
        let world = try EmbeddingWorld()
        let answer = try await world.post(
            "/embed/batch", #"{"model": "mobilenet", "inputs": ["a", {"image": "\#(Self.pixel)"}]}"#)
        #expect(answer.status == 200)
        #expect(answer.json["results"]?[0]?["error"]?["code"] == "invalid_request")
        #expect(answer.json["results"]?[1]?["embedding"] != nil)
        let none = try await world.post("/embed/batch", #"{"model": "mobilenet", "inputs": ["a", "b"]}"#)
        #expect(none.status == 400)
        let unknown = try await world.post("/embed/batch", #"{"model": "nobody", "inputs": ["a"]}"#)
        #expect(unknown.status == 404)
    }

    @Test func aFormHoldsItsInputsInOrder() async throws {
        let world = try EmbeddingWorld()
        let body = EmbeddingWorld.form([
            ("text", Data("a".utf8)), ("image", EmbeddingWorld.pixel), ("role", Data("query".utf8)),
            ("image", Data("no picture".utf8)), ("text", Data([0xFF])),
        ])
        let answer = try await world.send(
            .post, "/embed/batch", type: "multipart/form-data; boundary=b", body: body)
        let results = try #require(answer.json["results"]?.arrayValue)
        #expect(results.map { $0["error"] == nil } == [true, true, false, false])
        #expect(Set(world.inputs) == [.text("a", role: .query), .image(EmbeddingWorld.pixel)])
    }

    @Test(
        arguments: [
            ("{}", 400), (#"{"inputs": []}"#, 400), (#"{"inputs": "a"}"#, 400), ("[]", 400),
            (#"{"inputs": ["a"], "colour": 1}"#, 400), (#"{"inputs": ["a"], "dimensions": 9}"#, 400),
        ])
    func aWrongRequestFailsAsAWhole(json: String, status: Int) async throws {
        let answer = try await EmbeddingWorld().post("/embed/batch", json)
        #expect(answer.status == status)
        #expect(answer.json["error"]?["hint"]?.stringValue?.isEmpty == false)
    }

    @Test func aBatchHasALimit() async throws {
        let world = try EmbeddingWorld()
        func batch(_ count: Int) -> String {
            #"{"inputs": ["# + Array(repeating: #""a""#, count: count).joined(separator: ",") + "]}"
        }
        #expect(try await world.post("/embed/batch", batch(Limits.embeddingBatch)).status == 200)
        #expect(world.inputs.count == Limits.embeddingBatch)
        let answer = try await world.post("/embed/batch", batch(Limits.embeddingBatch + 1))
        #expect(answer.status == 400)
        #expect(answer.text.contains("1 to \(Limits.embeddingBatch) inputs"))
    }

    /// A long list must not fill the queue of a model by itself.
    @Test func onlyAChunkIsUnderWayAtOnce() async throws {
        let world = try EmbeddingWorld()
        let count = 3 * Limits.embeddingChunk + 8
        let texts = (0..<count).map { "\"\($0)\"" }.joined(separator: ",")
        let answer = try await world.post("/embed/batch", #"{"inputs": [\#(texts)], "keep_alive": "5m"}"#)
        #expect(answer.json["failed"] == 0)
        let chunk = Limits.embeddingChunk
        #expect(world.batches.withLock { $0 } == [chunk, chunk, chunk, 8])
        #expect(world.loads.withLock { $0.count } == 1)
    }

    @Test func aWorkerThatGoesMidwayFailsTheRest() async throws {
        let asked = Locked(0)
        let world = try EmbeddingWorld { request in
            if asked.withLock({
                $0 += 1
                return $0
            }) > Limits.embeddingChunk {
                throw HearthError(.modelNotReady, "The worker has gone.")
            }
            return EmbeddingWorld.vector(of: request)
        }
        let texts = Array(repeating: #""a""#, count: Limits.embeddingChunk + 6).joined(separator: ",")
        let answer = try await world.post("/embed/batch", #"{"inputs": [\#(texts)]}"#)
        #expect(answer.status == 200)
        #expect(answer.json["failed"] == 6)
    }
}

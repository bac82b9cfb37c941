import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import HearthInference
import HearthJSON
import HearthTesting
import Testing

@testable import HearthDoors

/// Hearth's own routes for vectors.
@Suite struct NativeEmbeddingTests {
    private static let pixel = EmbeddingWorld.pixelText

    @Test(
        arguments: [
            (#"{"text": "a red lantern"}"#, EmbeddingInput.text("a red lantern", role: nil)),
            (#"{"text": "a", "role": "query"}"#, .text("a", role: .query)),
            (#"{"text": "a", "role": "document", "image": null}"#, .text("a", role: .document)),
            (#"{"tokens": [101, 7592, 102]}"#, .tokens([101, 7592, 102])),
            (#"{"image": "\#(pixel)"}"#, .image(EmbeddingWorld.pixel)),
            (#"{"image": "data:image/png;base64,\#(pixel)"}"#, .image(EmbeddingWorld.pixel)),
            (#"{"image": "\#(pixel.replacing("/", with: #"\/"#))"}"#, .image(EmbeddingWorld.pixel)),
        ])
    func anInputInJSONReachesTheEngine(json: String, input: EmbeddingInput) async throws {
        let world = try EmbeddingWorld()
        let answer = try await world.post("/embed", json)
        #expect(answer.status == 200, "\(answer.text)")
        #expect(world.inputs == [input])
    }

    @Test(arguments: ["image/png", "application/octet-stream"])
    func theBodyMayBeThePicture(type: String) async throws {
        let world = try EmbeddingWorld()
        let answer = try await world.send(
            .post, "/embed?dimensions=2&normalise=false&model=mobilenet", type: type, body: EmbeddingWorld.pixel)
        #expect(answer.status == 200)
        #expect(world.inputs == [.image(EmbeddingWorld.pixel)])
        #expect(answer.json["embedding"]?.arrayValue?.count == 2)
    }

    @Test func aFormHoldsOneInputAndFields() async throws {
        let world = try EmbeddingWorld()
        let type = "multipart/form-data; boundary=b"
        let picture = EmbeddingWorld.form([("image", EmbeddingWorld.pixel), ("dimensions", Data("2".utf8))])
        #expect(try await world.send(.post, "/embed", type: type, body: picture).status == 200)
        let text = EmbeddingWorld.form([("text", Data("héllo".utf8)), ("role", Data("query".utf8))])
        #expect(try await world.send(.post, "/embed", type: type, body: text).status == 200)
        #expect(world.inputs == [.image(EmbeddingWorld.pixel), .text("héllo", role: .query)])
        let two = EmbeddingWorld.form([("image", EmbeddingWorld.pixel), ("image", EmbeddingWorld.pixel)])
        let refused = try await world.send(.post, "/embed", type: type, body: two)
        #expect(refused.status == 400)
        #expect(refused.text.contains("/embed/batch"))
    }

    @Test func theAnswerSaysWhichModelAndWhereTheTimeWent() async throws {
        let answer = try await EmbeddingWorld().post("/embed", #"{"text": "abc"}"#).json
        #expect(answer["model"]?["id"] == "all-minilm-l6-v2")
        #expect(answer["model"]?["digest"] == "digest-of-all-minilm-l6-v2")
        #expect(answer["model"]?["dims"] == 4)
        #expect(answer["model"]?["precision"] == "f32")
        #expect(answer["embedding"] == [0.6, 0.8, 0.0, 0.0])
        #expect(answer["tokens"] == 3)
        #expect(answer["cached"] == false)
        #expect(answer["batch"] == 3)
        #expect(answer["timings_ms"]?["queue"] == 30.0)
        #expect(answer["timings_ms"]?["compute"] == 5.0)
        #expect(answer["timings_ms"]?["total"]?.doubleValue != nil)
    }

    @Test func theWishesAreKept() async throws {
        let world = try EmbeddingWorld()
        let body = """
            {"text": "abcde", "model": "text-embedding-3-small", "dimensions": 1, "normalize": false,
             "truncate": false, "keep_alive": 300}
            """
        let answer = try await world.post("/embed", body)
        #expect(answer.json["embedding"] == [3.0], "0.6 of a vector of length 5")
        #expect(answer.json["model"]?["dims"] == 1)
        let request = try #require(world.asked.withLock { $0.first })
        #expect(request.model == "all-minilm-l6-v2")
        #expect(!request.truncates)
        #expect(world.loads.withLock { $0 } == ["all-minilm-l6-v2 300s"])
    }

    @Test func theClientsOwnTimeoutIsKept() async throws {
        let world = try EmbeddingWorld()
        let before = ContinuousClock.now
        _ = try await world.post("/embed", #"{"text": "a"}"#, headers: [("x-hearth-timeout-ms", "5000")])
        let deadline = try #require(world.asked.withLock { $0.first?.deadline })
        #expect(deadline < before + .seconds(20) && deadline >= before + .seconds(5))
        let wrong = try await world.post("/embed", #"{"text": "a"}"#, headers: [("x-hearth-timeout-ms", "soon")])
        #expect(wrong.status == 400)
    }

    @Test(
        arguments: [
            ("{}", "There is no input."), (#"{"text": "a", "tokens": [1]}"#, "more than one input"),
            (#"{"text": ""}"#, "empty text"), (#"{"text": 7}"#, "`text` must be a string"),
            (#"{"tokens": []}"#, "0 token ids"), (#"{"tokens": [-1]}"#, "no token id"),
            (#"{"tokens": [1.5]}"#, "no token id"), (#"{"tokens": [4294967296]}"#, "no token id"),
            (#"{"tokens": "1"}"#, "must be a list"), (#"{"image": "%%%"}"#, "not valid base64"),
            (#"{"text": "a", "dimensions": 0}"#, "`dimensions`"),
            (#"{"text": "a", "dimensions": 5}"#, "has no 5 dimensions"),
            (#"{"text": "a", "role": "poet"}"#, "`role`"), (#"{"text": "a", "colour": 1}"#, "`colour` is not a field"),
            (#"{"text": "a", "keep_alive": "soon"}"#, "`keep_alive`"),
            (#"{"text": "a", "normalise": true, "normalize": false}"#, "different things"),
            (#"{"url": "https://example.com/a.png"}"#, "does not fetch URLs"),
            (#"{"url": "file:///etc/passwd"}"#, "does not fetch"), (#"{"text": "a", "text": "b"}"#, "JSON"),
            ("[1]", "must be a JSON object"), ("", "empty"),
        ])
    func whatDoesNotFitIsRefused(json: String, reason: String) async throws {
        let world = try EmbeddingWorld()
        let answer = try await world.post("/embed", json)
        #expect(answer.status == 400, "\(answer.text)")
        #expect(answer.json["error"]?["code"] == "invalid_request")
        #expect(answer.text.contains(reason), "\(answer.text)")
        #expect(answer.json["error"]?["hint"]?.stringValue?.isEmpty == false)
        #expect(world.inputs.isEmpty)
    }

    @Test func errorsHaveTheirStatus() async throws {
        let world = try EmbeddingWorld()
        #expect(try await world.post("/embed", #"{"text": "a", "model": "gpt-9"}"#).status == 404)
        #expect(try await world.post("/embed", #"{"text": "a", "model": "mobilenet"}"#).status == 400)
        #expect(try await world.send(.post, "/embed", type: "image/png", body: Data("GIF".utf8)).status == 422)
        #expect(try await world.send(.post, "/embed", type: "image/png", body: Data()).status == 422)
        #expect(try await world.send(.post, "/embed", type: "text/html", body: Data("x".utf8)).status == 415)
        #expect(try await world.get("/embed").status == 405)
        let huge = try await world.send(
            .post, "/embed", type: "image/png", headers: [("content-length", "99000000")])
        #expect(huge.status == 413)
        for (code, status) in [
            (HearthError.Code.overloaded, 429), (.modelNotReady, 503), (.deadlineExceeded, 504),
            (.internalError, 500),
        ] {
            let failing = try EmbeddingWorld { _ in throw HearthError(code, "No.", retryAfter: 2) }
            let answer = try await failing.post("/embed", #"{"text": "a"}"#)
            #expect(answer.status == status)
            #expect(answer.headers[.retryAfter] == "2")
            let line = "hearth_embedding_failures_total{code=\"\(code.rawValue)\"} 1"
            #expect(failing.metrics.prometheusText().contains(line))
        }
    }

    @Test func aCauseIsNeverShown() async throws {
        struct Secret: Error { let path = "hidden-place" }
        let world = try EmbeddingWorld { _ in throw HearthError(.internalError, "It broke.", cause: Secret()) }
        for (path, json) in [
            ("/embed", #"{"text": "a"}"#), ("/embed", #"{"inputs": "a"}"#), ("/v1/embeddings", #"{"input": "a"}"#),
            ("/embed/batch", #"{"inputs": ["a"]}"#),
        ] {
            #expect(try await !world.post(path, json).text.contains("hidden"))
        }
        let other = try EmbeddingWorld { _ in throw Secret() }
        for (path, json) in [("/embed", #"{"text": "a"}"#), ("/embed", #"{"inputs": "a"}"#)] {
            #expect(try await !other.post(path, json).text.contains("ecret"))
        }
    }

    @Test func anInputCountsAgainstTheBudgetUntilItIsAnswered() async throws {
        let world = try EmbeddingWorld()
        _ = try await world.send(.post, "/embed", type: "image/png", body: EmbeddingWorld.pixel)
        let json = #"{"inputs": ["aaaa"]}"#
        _ = try await world.post("/embed/batch", json)
        _ = try await world.post("/embed", json)
        #expect(world.held.withLock { $0 } == [EmbeddingWorld.pixel.count, json.utf8.count, json.utf8.count])
        #expect(world.budget.bytesInFlight == 0)
    }

    @Test func stagesAreMeasuredByModel() async throws {
        let world = try EmbeddingWorld()
        _ = try await world.post("/embed", #"{"text": "a"}"#)
        let text = world.metrics.prometheusText()
        #expect(text.contains(#"hearth_embedding_seconds_sum{model="all-minilm-l6-v2",stage="queue"} 0.03"#))
        #expect(
            text.contains(#"hearth_embedding_inputs_total{model="all-minilm-l6-v2",outcome="computed"} 1"#))
    }
}

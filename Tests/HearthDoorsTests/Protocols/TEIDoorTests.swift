import Foundation
import HTTPTypes
import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import Testing

@testable import HearthDoors

/// Text-embeddings-inference's routes as its clients meet them.
@Suite struct TEIRoutesTests {
    @Test(
        arguments: [
            (#""a""#, [EmbeddingInput.text("a", role: nil)]),
            (#"["a", "b"]"#, [.text("a", role: nil), .text("b", role: nil)]),
            ("[1, 2, 3]", [.tokens([1, 2, 3])]), ("[[1, 2], [3]]", [.tokens([1, 2]), .tokens([3])]),
            (#"["a", [1]]"#, [.text("a", role: nil), .tokens([1])]),
        ])
    func theAnswerIsAListOfVectors(inputs: String, wanted: [EmbeddingInput]) async throws {
        let world = try EmbeddingWorld()
        let answer = try await world.post("/embed", #"{"inputs": \#(inputs)}"#)
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.json.arrayValue?.count == wanted.count, "even for one input")
        #expect(answer.json[0] == [0.6, 0.8, 0.0, 0.0])
        #expect(Set(world.inputs) == Set(wanted))
    }

    @Test func theTimesStandInHeaders() async throws {
        let answer = try await EmbeddingWorld().post("/embed", #"{"inputs": ["héllo", "ab"]}"#)
        func header(_ name: String) throws -> String? { answer.headers[try #require(HTTPField.Name(name))] }
        #expect(try header("x-compute-type") == "cpu")
        #expect(try header("x-compute-characters") == "7")
        #expect(try header("x-compute-tokens") == "8")
        #expect(try header("x-tokenization-time") == "2")
        #expect(try header("x-queue-time") == "30")
        #expect(try header("x-inference-time") == "5")
        #expect(try header("x-total-time").flatMap { Int($0) } != nil)
        #expect(try header("x-compute-time").flatMap { Int($0) } != nil)
    }

    @Test func theWishesAreKept() async throws {
        let world = try EmbeddingWorld()
        let answer = try await world.post(
            "/embed?model=text-embedding-3-small",
            #"{"inputs": "abcde", "normalize": false, "truncate": false, "truncation_direction": "Right", "#
                + #""prompt_name": "query", "dimensions": 1}"#)
        #expect(answer.json == [[3.0]])
        let request = try #require(world.asked.withLock { $0.first })
        #expect(request.input == .text("abcde", role: .query))
        #expect(!request.truncates)
        #expect(request.model == "all-minilm-l6-v2")
    }

    @Test(
        arguments: [
            ("query", TextRole.query), ("search_query", .query), ("document", .document), ("passage", .document),
            ("search_document", .document),
        ])
    func thePromptIsThatOfItsName(name: String, role: TextRole) async throws {
        let world = try EmbeddingWorld()
        _ = try await world.post("/embed", #"{"inputs": "a", "prompt_name": "\#(name)"}"#)
        #expect(world.inputs == [.text("a", role: role)])
    }

    @Test(
        arguments: [
            (#"{"inputs": ""}"#, 400, "Empty"), (#"{"inputs": []}"#, 400, "Empty"),
            (#"{"inputs": [""]}"#, 400, "Empty"),
            (#"{"inputs": [[]]}"#, 400, "Empty"), (#"{"inputs": 7.5}"#, 422, "Validation"),
            (#"{"inputs": {"a": 1}}"#, 422, "Validation"), (#"{"inputs": [true]}"#, 422, "Validation"),
            (#"{"inputs": "a", "truncation_direction": "left"}"#, 422, "Validation"),
            (#"{"inputs": "a", "prompt_name": "poem"}"#, 422, "Validation"),
            (#"{"inputs": [1, 2], "prompt_name": "query"}"#, 422, "Validation"),
            (#"{"inputs": "a", "normalize": "yes"}"#, 422, "Validation"),
            (#"{"inputs": "a", "dimensions": 99}"#, 422, "Validation"),
            (#"{"inputs": "a", "model": "nobody"}"#, 404, "Validation"),
        ])
    func errorsAreTEIs(json: String, status: Int, type: String) async throws {
        let world = try EmbeddingWorld()
        let answer = try await world.post("/embed", json)
        #expect(answer.status == status, "\(answer.text)")
        #expect(answer.json.objectValue?.keys == ["error", "error_type"])
        #expect(answer.json["error_type"] == .string(type))
        #expect(world.inputs.isEmpty)
    }

    @Test(
        arguments: [
            (HearthError.Code.overloaded, 429, "Overloaded"), (.modelNotReady, 503, "Unhealthy"),
            (.deadlineExceeded, 424, "Backend"), (.internalError, 424, "Backend"),
            (.invalidRequest, 422, "Validation"),
        ])
    func oneBadInputFailsAll(code: HearthError.Code, status: Int, type: String) async throws {
        let world = try EmbeddingWorld { request in
            if request.input == .text("bad", role: nil) { throw HearthError(code, "No.") }
            return EmbeddingWorld.vector(of: request)
        }
        let answer = try await world.post("/embed", #"{"inputs": ["good", "bad"]}"#)
        #expect(answer.status == status)
        #expect(answer.json["error_type"] == .string(type))
    }

    @Test func aBatchHasALimit() async throws {
        let list = Array(repeating: #""a""#, count: Limits.teiInputs + 1).joined(separator: ",")
        let answer = try await EmbeddingWorld().post("/embed", #"{"inputs": [\#(list)]}"#)
        #expect(answer.status == 422)
        #expect(answer.json["error"] == "batch size 129 > maximum allowed batch size 128")
    }

    @Test func similarityIsTheCosine() async throws {
        let world = try EmbeddingWorld { request in
            let isOne = request.input == .text("one", role: .query)
            return .of(isOne ? [1, 0, 0, 0] : [0.6, 0.8, 0, 0], by: EmbeddingWorld.textModel, tokens: 1)
        }
        let answer = try await world.post(
            "/similarity",
            #"{"inputs": {"source_sentence": "one", "sentences": ["two", "one"]}, "#
                + #""parameters": {"prompt_name": "query"}}"#
        )
        #expect(answer.json == [0.6, 1.0])
        for (json, status) in [
            (#"{"inputs": {"source_sentence": "a", "sentences": []}}"#, 400),
            (#"{"inputs": {"source_sentence": "", "sentences": ["a"]}}"#, 400),
            (#"{"inputs": {"sentences": ["a"]}}"#, 422), (#"{"inputs": "a"}"#, 422),
            (#"{"inputs": {"source_sentence": "a", "sentences": [1]}}"#, 422), ("{", 422),
        ] {
            let answer = try await world.post("/similarity", json)
            #expect(answer.status == status, "\(json)")
            #expect(answer.json["error_type"] != nil)
        }
    }

    @Test func infoTellsOfTheTextModel() async throws {
        let info = try await EmbeddingWorld().get("/info").json
        #expect(info["model_id"] == "all-minilm-l6-v2")
        #expect(info["model_sha"] == "digest-of-all-minilm-l6-v2")
        #expect(info["model_dtype"] == "float32")
        #expect(info["max_input_length"] == 256)
        #expect(info["max_client_batch_size"] == 128)
        let none = try await EmbeddingWorld(models: [EmbeddingWorld.imageModel]).get("/info")
        #expect(none.status == 404)
        #expect(none.json["error_type"] == "Validation")
    }
}

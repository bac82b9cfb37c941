import Foundation
import HTTPTypes
import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import Testing

@testable import HearthDoors

/// OpenAI's routes as its clients meet them.
@Suite struct OpenAIRoutesTests {
    private static let pixel = EmbeddingWorld.pixelText

    @Test(arguments: ["/v1/embeddings", "/embeddings"])
    func theAnswerIsExactlyOpenAIs(path: String) async throws {
        let answer = try await EmbeddingWorld().post(
            path, #"{"model": "all-minilm-l6-v2", "input": ["ab", "c"], "user": "u", "whatever": 1}"#)
        #expect(answer.status == 200)
        let vectors =
            #"{"object":"embedding","index":0,"embedding":[0.6,0.8,0.0,0.0]},"#
            + #"{"object":"embedding","index":1,"embedding":[0.6,0.8,0.0,0.0]}"#
        #expect(
            answer.text == #"{"object":"list","data":[\#(vectors)],"model":"all-minilm-l6-v2","#
                + #""usage":{"prompt_tokens":3,"total_tokens":3}}"# + "\n")
    }

    @Test(
        arguments: [
            (#""a""#, [EmbeddingInput.text("a", role: nil)]),
            (#"["a", "b"]"#, [.text("a", role: nil), .text("b", role: nil)]),
            ("[1, 2, 3]", [.tokens([1, 2, 3])]), ("[[1, 2], [3]]", [.tokens([1, 2]), .tokens([3])]),
        ])
    func allFourFormsOfInputAreRead(input: String, wanted: [EmbeddingInput]) throws {
        let request = try OpenAIEmbeddings(RequestFields(JSONParser.read(Data(#"{"input": \#(input)}"#.utf8))))
        #expect(request.sources == wanted.map { .ready($0) })
    }

    @Test(
        arguments: [
            (#""input": "a""#, nil), (#""input": "a", "role": "query""#, TextRole.query),
            (#""input": "a", "input_type": "query""#, .query), (#""input": "a", "input_type": "passage""#, .document),
            (#""input": "a", "input_type": "search_document", "role": "document""#, .document),
            (#""input": "a", "input_type": "clustering""#, nil),
        ] as [(String, TextRole?)])
    func aTextHasARoleOnlyWhenTheRequestSaysIt(fields: String, role: TextRole?) throws {
        let request = try OpenAIEmbeddings(RequestFields(JSONParser.read(Data("{\(fields)}".utf8))))
        #expect(request.sources == [.ready(.text("a", role: role))])
    }

    @Test func base64IsLittleEndianFloat32() async throws {
        let answer = try await EmbeddingWorld().post("/v1/embeddings", #"{"input": "a", "encoding_format": "base64"}"#)
        let text = try #require(answer.json["data"]?[0]?["embedding"]?.stringValue)
        #expect(text == "mpkZP83MTD8AAAAAAAAAAA==")
        let cut = try await EmbeddingWorld().post(
            "/v1/embeddings", #"{"input": "a", "encoding_format": "base64", "dimensions": 1}"#)
        #expect(cut.json["data"]?[0]?["embedding"] == "AACAPw==", "1.0")
    }

    @Test(
        arguments: [
            #"{"modality": "image", "input": "data:image/png;base64,\#(pixel)"}"#,
            #"{"modality": "image", "input": ["\#(pixel)"]}"#,
            EmbeddingWorld.message(EmbeddingWorld.picturePart("data:image/png;base64,\(pixel)")),
            EmbeddingWorld.message(#"{"type": "image_url", "image_url": "\#(pixel)"}"#),
        ])
    func picturesComeInBothShapesInUse(json: String) async throws {
        let world = try EmbeddingWorld()
        let answer = try await world.post("/v1/embeddings", json)
        #expect(answer.status == 200, "\(answer.text)")
        #expect(world.inputs == [.image(EmbeddingWorld.pixel)])
        #expect(answer.json["usage"]?["prompt_tokens"] == 0)
    }

    @Test func eachMessageIsOneInput() async throws {
        let world = try EmbeddingWorld()
        let answer = try await world.post(
            "/v1/embeddings",
            #"{"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": ["#
                + #"{"type": "text", "text": "b"}, {"type": "text", "text": "c"}]}]}"#
        )
        #expect(answer.json["data"]?.arrayValue?.count == 2)
        #expect(Set(world.inputs) == [.text("a", role: nil), .text("b\nc", role: nil)])
    }

    @Test(
        arguments: [
            ("{}", "input"), (#"{"input": ""}"#, "input"), (#"{"input": []}"#, "input"), (#"{"input": [""]}"#, "input"),
            (#"{"input": [[]]}"#, "input"), (#"{"input": 7}"#, "input"), (#"{"input": ["a", 1]}"#, "input"),
            (#"{"input": [1, "a"]}"#, "input"), (#"{"input": [[1], "a"]}"#, "input"), (#"{"input": [-5]}"#, "input"),
            (#"{"input": "a", "encoding_format": "int8"}"#, "encoding_format"),
            (#"{"input": "a", "dimensions": 0}"#, "dimensions"), (#"{"input": "a", "model": 7}"#, "model"),
            (#"{"input": "a", "modality": "audio"}"#, "modality"),
            (#"{"input": "a", "input_type": "poem"}"#, "input_type"),
            (#"{"input": "a", "input_type": "query", "role": "document"}"#, "input_type"),
            (#"{"input": [1, 2], "input_type": "query"}"#, "input"),
            (#"{"input": "file:///etc/passwd", "modality": "image"}"#, "input"),
            (#"{"input": "a", "messages": []}"#, "input"), (#"{"messages": []}"#, "messages"),
            (#"{"messages": [{"role": "system", "content": "a"}]}"#, "messages"),
            (
                EmbeddingWorld.message(EmbeddingWorld.picturePart("AAAA") + #", {"type": "text", "text": "t"}"#),
                "messages"
            ),
            (#"{"messages": [{"role": "user", "content": [{"type": "audio"}]}]}"#, "messages"),
        ])
    func whatDoesNotFitIsRefusedInOpenAIsShape(json: String, parameter: String) async throws {
        let world = try EmbeddingWorld()
        let answer = try await world.post("/v1/embeddings", json)
        #expect(answer.status == 400, "\(answer.text)")
        let error = try #require(answer.json["error"]?.objectValue)
        #expect(error.keys == ["message", "type", "param", "code"])
        #expect(error["type"] == "invalid_request_error")
        #expect(error["param"] == .string(parameter), "\(answer.text)")
        #expect(error["code"] == "invalid_request")
        #expect(world.inputs.isEmpty)
    }

    @Test func errorsHaveOpenAIsStatusAndCode() async throws {
        let world = try EmbeddingWorld()
        let unknown = try await world.post("/v1/embeddings", #"{"model": "gpt-9", "input": "a"}"#)
        #expect(unknown.status == 404)
        #expect(unknown.json["error"]?["code"] == "model_not_found")
        #expect(unknown.json["error"]?["param"] == "model")
        let picture = try await world.post("/v1/embeddings", #"{"modality": "image", "input": "AAAA"}"#)
        #expect(picture.status == 400)
        #expect(picture.json["error"]?["code"] == "invalid_image")
        let method = try await world.get("/v1/embeddings")
        #expect(method.status == 405)
        #expect(method.json["error"]?["type"] == "invalid_request_error")
        #expect(method.headers[.allow] == "POST")
        let many = #"{"input": ["# + Array(repeating: #""a""#, count: 2_049).joined(separator: ",") + "]}"
        #expect(try await world.post("/v1/embeddings", many).status == 400)
        let full = try EmbeddingWorld { _ in throw HearthError(.overloaded, "Full.", retryAfter: 1) }
        let answer = try await full.post("/v1/embeddings", #"{"input": "a"}"#)
        #expect(answer.status == 429)
        #expect(answer.json["error"]?["type"] == "rate_limit_error")
        #expect(answer.headers[.retryAfter] == "1")
    }

    @Test func modelsAreListedAndFoundByEveryName() async throws {
        var skipped = ModelStatus(id: "notes", kind: .unknown, state: .skipped)
        skipped.reason = "It is no model."
        let world = try EmbeddingWorld(models: [EmbeddingWorld.imageModel, EmbeddingWorld.textModel, skipped])
        let list = try await world.get("/v1/models").json
        #expect(list["object"] == "list")
        #expect(
            list["data"]?.arrayValue?.map { $0["id"]?.stringValue }
                == ["mobilenet", "all-minilm-l6-v2", "text-embedding-3-small"])
        #expect(list["data"]?[0]?["object"] == "model")
        #expect(list["data"]?[0]?["created"]?.integerValue != nil)
        for name in [
            "all-minilm-l6-v2", "sentence-transformers/all-MiniLM-L6-v2", "sentence-transformers%2Fall-MiniLM-L6-v2",
            "text-embedding-3-small",
        ] {
            let answer = try await world.get("/v1/models/\(name)")
            #expect(answer.status == 200, "\(name)")
            #expect(answer.json["id"] == "all-minilm-l6-v2")
        }
        let missing = try await world.get("/v1/models/gpt-9")
        #expect(missing.status == 404)
        #expect(missing.json["error"]?["code"] == "model_not_found")
        #expect(try await world.get("/v1/models/%FF").status == 400)
    }
}

import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import HearthInference
import HearthJSON
import HearthTesting
import Testing

@testable import HearthDoors

/// What Ollama's clients send, and what they read.
@Suite struct OllamaDoorTests {
    /// What the engine was asked, in order.
    private let log = Locked<[String]>([])

    private static let texts: ModelStatus = {
        var model = ModelStatus.ready("minilm", .textEmbedding, dims: 4)
        model.aliases = ["all-minilm"]
        model.weightBytes = 1_000
        model.licence = "Apache-2.0"
        return model
    }()

    /// A text's vector is its length and three more; it has as many tokens as bytes.
    private func client(_ models: [ModelStatus] = [texts]) -> ProtocolClient {
        var engine = ScriptedEngine(models) { [log] request in
            guard case .text(let text, let role) = request.input else {
                throw HearthError(.internalError, "A text was expected.")
            }
            log.withLock { $0.append("embed \(text)\(request.truncates ? "" : " whole")\(role == nil ? "" : " role")") }
            if text == "too long" { throw HearthError(.invalidRequest, "The text is too long.") }
            if text == "crowd" { throw HearthError(.overloaded, "Full.", retryAfter: 3) }
            if text == "bug" { throw HearthError(.internalError, "A fault.", cause: CancellationError()) }
            var result = EmbeddingResult.of([0.6, 0, 0.8, 0], by: Self.texts, tokens: text.utf8.count)
            result.norm = 5
            return result
        }
        engine.loading = { [log] model, keepAlive in
            log.withLock { $0.append("load \(model) \(keepAlive?.text ?? "as before")") }
        }
        engine.unloading = { [log] model in log.withLock { $0.append("unload \(model)") } }
        return ProtocolClient(engine: engine)
    }

    private var calls: [String] { log.withLock { $0 } }

    @Test func oneTextGivesAListOfOneVector() async throws {
        let answer = try await client().send(
            .post, "/api/embed", #"{"model": "all-minilm", "input": "a lantern"}"#,
            type: "application/x-www-form-urlencoded")
        #expect(answer.status == 200)
        #expect(
            answer.json.objectValue?.keys == [
                "model", "embeddings", "total_duration", "load_duration", "prompt_eval_count",
            ])
        #expect(answer.json["model"] == "all-minilm", "the name that was asked for")
        #expect(answer.text.contains(#""embeddings":[[0.6,0.0,0.8,0.0]]"#), "no digits beyond float32")
        #expect(answer.json["load_duration"] == 0, "it was warm")
        #expect(answer.json["prompt_eval_count"] == 9)
        let total = try #require(answer.json["total_duration"]?.integerValue)
        #expect(total > 0 && total < 60_000_000_000)
        #expect(calls == ["embed a lantern"])
    }

    @Test(arguments: ["minilm", "MiniLM:latest", "library/minilm", "sentence-transformers/all-minilm:latest"])
    func aModelIsFoundByItsNames(name: String) async throws {
        let answer = try await client().send(.post, "/api/embed", #"{"model": "\#(name)", "input": ["a", "bc"]}"#)
        #expect(answer.status == 200)
        #expect(answer.json["model"]?.stringValue == name)
        #expect(answer.json["embeddings"]?.arrayValue?.count == 2)
        #expect(answer.json["prompt_eval_count"] == 3)
    }

    @Test func manyTextsComeBackInTheirOrder() async throws {
        var engine = ScriptedEngine([Self.texts]) { request in
            guard case .text(let text, _) = request.input else { throw HearthError(.internalError, "No text.") }
            return .of([Float(text) ?? -1], by: Self.texts)
        }
        engine.anchorModel = nil
        let count = Limits.embeddingChunk * 2 + 3
        let texts = (0..<count).map { "\"\($0)\"" }.joined(separator: ",")
        let answer = try await ProtocolClient(engine: engine).send(
            .post, "/api/embed", #"{"model": "minilm", "input": [\#(texts)]}"#)
        let vectors = try #require(answer.json["embeddings"]?.arrayValue)
        #expect(vectors.map { $0[0]?.integerValue } == (0..<count).map { Int64($0) })
    }

    @Test func aColdModelIsLoadedFirstAndTheTimeIsTold() async throws {
        var cold = Self.texts
        cold.state = .absent
        let answer = try await client([cold]).send(
            .post, "/api/embed", #"{"model": "minilm", "input": "a", "keep_alive": 0}"#)
        #expect(answer.status == 200)
        let loading = try #require(answer.json["load_duration"]?.integerValue)
        #expect(loading > 0)
        #expect(loading <= answer.json["total_duration"]?.integerValue ?? 0)
        #expect(calls == ["load minilm as before", "load minilm 0s", "embed a"])
    }

    @Test(
        arguments: [
            ("-1", "pinned"), (#""-1""#, "pinned"), ("300", "300s"), (#""5m""#, "300s"), (#""24h""#, "86400s"),
            ("2.5", "2500ms"), (#""300""#, "300s"), ("-0.5", "pinned"),
        ])
    func keepAliveIsANumberOrAText(json: String, meaning: String) async throws {
        let answer = try await client().send(
            .post, "/api/embed", #"{"model": "minilm", "input": "a", "keep_alive": \#(json)}"#)
        #expect(answer.status == 200)
        #expect(calls == ["load minilm \(meaning)", "embed a"])
    }

    @Test func withoutInputTheModelIsLoadedOrLetGo() async throws {
        for input in ["", #", "input": """#, #", "input": []"#, #", "input": null"#] {
            let answer = try await client().send(.post, "/api/embed", #"{"model": "minilm"\#(input)}"#)
            #expect(answer.status == 200)
            #expect(answer.text == #"{"model":"minilm","embeddings":[]}"# + "\n")
        }
        #expect(calls == Array(repeating: "load minilm as before", count: 4))
        let answer = try await client().send(.post, "/api/embed", #"{"model": "minilm", "keep_alive": "0s"}"#)
        #expect(answer.status == 200)
        #expect(calls.last == "unload minilm")
    }

    @Test func whoMayOnlyReadChangesNothingInMemory() async throws {
        var client = client()
        client.principal = Principal(tenant: .local, permission: .read)
        let embedded = try await client.send(
            .post, "/api/embed", #"{"model": "minilm", "input": "a", "keep_alive": -1}"#)
        #expect(embedded.status == 200)
        #expect(calls == ["embed a"])
        let loaded = try await client.send(.post, "/api/embed", #"{"model": "minilm"}"#)
        #expect(loaded.status == 403)
        #expect(calls == ["embed a"])
    }

    @Test func truncateAndDimensionsReachTheModel() async throws {
        let answer = try await client().send(
            .post, "/api/embed", #"{"model": "minilm", "input": "a", "truncate": false, "dimensions": 1}"#)
        #expect(answer.text.contains(#""embeddings":[[1.0]]"#), "cut and brought to length 1")
        #expect(calls == ["embed a whole"])
    }

    @Test func theOldCallGivesOneVectorAsTheGraphMadeIt() async throws {
        let answer = try await client().send(.post, "/api/embeddings", #"{"model": "minilm", "prompt": "a"}"#)
        #expect(answer.status == 200)
        #expect(answer.text == #"{"embedding":[3.0,0.0,4.0,0.0]}"# + "\n")
        let empty = try await client().send(.post, "/api/embeddings", #"{"model": "minilm", "prompt": ""}"#)
        #expect(empty.text == #"{"embedding":[]}"# + "\n")
    }

    @Test(
        arguments: [
            ("", 400), ("[]", 400), ("{", 400), ("{}", 400), (#"{"model": 3, "input": "a"}"#, 400),
            (#"{"model": "minilm", "input": 3}"#, 400), (#"{"model": "minilm", "input": ["a", 3]}"#, 400),
            (#"{"model": "minilm", "input": {}}"#, 400), (#"{"model": "minilm", "input": "a", "truncate": 1}"#, 400),
            (#"{"model": "minilm", "input": "a", "dimensions": 5}"#, 400),
            (#"{"model": "minilm", "input": "a", "dimensions": -1}"#, 400),
            (#"{"model": "minilm", "input": "a", "dimensions": 1.5}"#, 400),
            (#"{"model": "minilm", "input": "a", "keep_alive": "soon"}"#, 400),
            (#"{"model": "minilm", "input": "a", "keep_alive": []}"#, 400),
            (#"{"model": "minilm", "input": ["a", "too long"]}"#, 400), (#"{"model": "llama3", "input": "a"}"#, 404),
            (#"{"model": "minilm", "input": "bug"}"#, 500),
        ])
    func whatIsWrongIsToldInOneText(body: String, status: Int) async throws {
        let answer = try await client().send(.post, "/api/embed", body)
        #expect(answer.status == status)
        #expect(answer.json.objectValue?.keys == ["error"])
        #expect(answer.json["error"]?.stringValue?.isEmpty == false)
        #expect(!answer.text.contains("Cancellation"), "no cause is shown")
    }

    @Test func aTextOrAListBeyondItsLimitIsRefused() async throws {
        let long = String(repeating: "a", count: Limits.textBytes + 1)
        let text = try await client().send(.post, "/api/embed", #"{"model": "minilm", "input": ["a", "\#(long)"]}"#)
        #expect(text.status == 400)
        #expect(text.json["error"]?.stringValue?.hasPrefix("Input 1: The text is too long.") == true)
        let many = Array(repeating: #""a""#, count: Limits.embeddingInputs + 1).joined(separator: ",")
        let list = try await client().send(.post, "/api/embed", #"{"model": "minilm", "input": [\#(many)]}"#)
        #expect(list.status == 400)
        #expect(calls.isEmpty)
    }

    @Test func anUnknownModelIsNotFoundInTheWordsThatClientsLookFor() async throws {
        let answer = try await client().send(.post, "/api/show", #"{"model": "llama3"}"#)
        #expect(answer.status == 404)
        #expect(answer.json["error"]?.stringValue?.hasPrefix("model 'llama3' not found") == true)
        #expect(answer.json["error"]?.stringValue?.contains("minilm") == true, "and it says what there is")
    }

    @Test func overloadSaysWhenToComeBack() async throws {
        let answer = try await client().send(.post, "/api/embed", #"{"model": "minilm", "input": "crowd"}"#)
        #expect(answer.status == 429)
        #expect(answer.headers[.retryAfter] == "3")
        #expect(answer.json["error"] == "Full.")
    }

    @Test func aModelThatSeesNoTextIsRefusedWithTheReason() async throws {
        let pictures = ModelStatus.ready("eyes", .imageEmbedding, dims: 2)
        let answer = try await client([pictures]).send(.post, "/api/embed", #"{"model": "eyes", "input": "a"}"#)
        #expect(answer.status == 400)
        #expect(answer.json["error"]?.stringValue?.contains("does not embed texts") == true)
        #expect(calls.isEmpty)
    }

    @Test func residentModelsTellWhenTheyLeave() async throws {
        var idle = Self.texts
        idle.keepAlive = .idle(.seconds(300))
        idle.idleMilliseconds = 60_000
        var absent = ModelStatus.ready("later", .textEmbedding)
        absent.state = .absent
        let answer = try await client([idle, .ready("eyes", .imageEmbedding, dims: 2), absent]).send(.get, "/api/ps")
        let models = try #require(answer.json["models"]?.arrayValue)
        #expect(models.map { $0["name"] } == ["minilm:latest", "all-minilm:latest", "eyes:latest"])
        #expect(models[0]["expires_at"] == "2027-01-15T12:04:00.000Z", "four minutes after a Friday noon")
        #expect(models[2]["expires_at"]?.stringValue?.hasPrefix("2319-") == true, "pinned: in 292 years")
        #expect(models[0]["size"] == 1_000)
        #expect(models[0]["size_vram"] == 0)
        #expect(models[0]["digest"] == "digest-of-minilm")
        #expect(models[0]["context_length"] == 256)
        #expect(
            models[0]["details"]
                == [
                    "parent_model": "", "format": "openvino", "family": "text-embedding",
                    "families": ["text-embedding"], "parameter_size": "", "quantization_level": "F32",
                ])
    }

    @Test func allModelsAreListedButThoseThatNobodyServes() async throws {
        var absent = Self.texts
        absent.state = .absent
        let skipped = ModelStatus(id: "readme", kind: .unknown, state: .skipped)
        let answer = try await client([absent, skipped]).send(.get, "/api/tags")
        #expect(answer.json["models"]?.arrayValue?.map { $0["model"] } == ["minilm:latest", "all-minilm:latest"])
        #expect(answer.json["models"]?[0]?["expires_at"] == nil)
        #expect(calls.isEmpty)
    }

    @Test(arguments: ["/api/tags", "/api/ps"])
    func aNameIsListedOnce(path: String) async throws {
        var model = Self.texts
        model.aliases = ["all-minilm", "all-minilm:latest", "All-MiniLM:latest", "all-minilm:l6-v2"]
        let answer = try await client([model]).send(.get, path)
        #expect(
            answer.json["models"]?.arrayValue?.map { $0["name"] } == [
                "minilm:latest", "all-minilm:latest", "all-minilm:l6-v2",
            ])
    }

    @Test(arguments: ["model", "name"])
    func aModelShowsTheLengthOfItsVectors(field: String) async throws {
        let answer = try await client().send(.post, "/api/show", #"{"\#(field)": "all-minilm:latest"}"#)
        #expect(answer.status == 200)
        #expect(answer.json["model_info"]?["general.architecture"] == "text-embedding")
        #expect(answer.json["model_info"]?["text-embedding.embedding_length"] == 4)
        #expect(answer.json["model_info"]?["text-embedding.context_length"] == 256)
        #expect(answer.json["capabilities"] == ["embedding"])
        #expect(answer.json["license"] == "Apache-2.0")
        let eyes = try await client([.ready("eyes", .imageEmbedding)]).send(.post, "/api/show", #"{"model": "eyes"}"#)
        #expect(eyes.json["capabilities"] == [])
    }

    @Test func aSignOfLifeAndAVersion() async throws {
        let sign = try await client().send(.get, "/")
        #expect(sign.text == "Ollama is running")
        #expect(try await client().send(.head, "/").status == 200)
        #expect(try await client().send(.get, "/api/version").json == ["version": .string(Hearth.version)])
        let method = try await client().send(.get, "/api/embed")
        #expect(method.status == 405)
        #expect(method.json["error"]?.stringValue?.contains("POST") == true, "in the shape of this protocol as well")
        let unknown = try await client().send(.post, "/api/generate", "{}")
        #expect(unknown.status == 404 && unknown.json["error"]?.stringValue != nil, "in Ollama's shape")
    }

    @Test func theBodyCountsAgainstTheBudgetUntilItIsAnswered() async throws {
        let held = Locked(0)
        let budget = Locked<BodyBudget?>(nil)
        let client = ProtocolClient(
            engine: ScriptedEngine([Self.texts]) { _ in
                held.withLock { $0 = budget.withLock { $0?.bytesInFlight ?? 0 } }
                return .of([1], by: Self.texts)
            })
        budget.withLock { $0 = client.budget }
        let body = #"{"model": "minilm", "input": "a"}"#
        _ = try await client.send(.post, "/api/embed", body)
        #expect(held.withLock { $0 } == body.utf8.count)
        #expect(client.budget.bytesInFlight == 0)
    }
}

import Foundation
import HTTPTypes
import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import Testing

@testable import HearthDoors

/// What clients of the Open Inference Protocol send, and what they read.
@Suite struct OpenInferenceDoorTests {
    private let log = Locked<[String]>([])
    private let requests = Locked<[InferenceRequest]>([])

    private static let graph: ModelStatus = {
        var model = ModelStatus.ready("adder", .faceDetection)
        model.signature = GraphSignature(
            inputs: [
                TensorPort(name: "x", type: .float32, shape: [-1, 2]), TensorPort(name: "n", type: .int64, shape: [1]),
            ], outputs: [TensorPort(name: "sum", type: nil, shape: [-1])])
        return model
    }()

    private static let texts = ModelStatus.ready("minilm", .textEmbedding, dims: 2)
    private static let eyes = ModelStatus.ready("eyes", .imageEmbedding, dims: 2)

    private static func model(
        _ id: String, _ state: ModelState, _ keepAlive: KeepAlive = .pinned
    ) -> ModelStatus {
        var model = ModelStatus(id: id, kind: .textEmbedding, state: state)
        model.keepAlive = keepAlive
        return model
    }

    private func client(_ models: [ModelStatus] = [graph, texts, eyes]) -> ProtocolClient {
        var engine = ScriptedEngine(models) { request in
            .of([Float(request.input.byteCount), 0.5], by: request.model == "eyes" ? Self.eyes : Self.texts)
        }
        engine.inference = { [requests] request in
            requests.withLock { $0.append(request) }
            return [
                NamedTensor(name: "sum", tensor: Tensor(shape: [3], values: [1, 0.1, .nan])),
                NamedTensor(name: "kind", tensor: Tensor(shape: [1, 2], elements: .int64([7, -8]))),
            ]
        }
        engine.loading = { [log] model, keepAlive in
            log.withLock { $0.append("load \(model) \(keepAlive?.text ?? "as before")") }
        }
        engine.unloading = { [log] model in
            log.withLock { $0.append("unload \(model)") }
            if model == "eyes" { throw HearthError(.conflict, "The model eyes serves anchors.") }
        }
        return ProtocolClient(engine: engine)
    }

    private func infer(_ body: String, model: String = "adder") async throws -> DoorClient.Answer {
        try await client().send(.post, "/v2/models/\(model)/infer", body)
    }

    @Test func theServerSaysWhatItIs() async throws {
        let answer = try await client().send(.get, "/v2")
        #expect(
            answer.json
                == ["name": "hearth", "version": .string(Hearth.version), "extensions": ["model_repository"]])
        #expect(try await client().send(.get, "/v2/health/live").json == ["live": true])
        #expect(try await client().send(.post, "/v2").status == 405)
        #expect(try await client().send(.get, "/v2/models/adder/infer").status == 405)
    }

    @Test(
        arguments: [
            ([], true), ([model("a", .ready)], true), ([model("a", .absent)], true),
            ([model("a", .absent, .idle(.seconds(300)))], true), ([model("a", .draining)], true),
            ([model("a", .loading, .idle(.seconds(300)))], true), ([model("a", .failed, .idle(.zero))], true),
            ([model("a", .skipped)], true), ([model("a", .loading)], false), ([model("a", .warming)], false),
            ([model("a", .failed)], false), ([model("a", .ready), model("b", .failed)], false),
        ])
    func theServerIsReadyUnlessAModelThatShouldStayIsMissing(models: [ModelStatus], isReady: Bool) async throws {
        let answer = try await client(models).send(.get, "/v2/health/ready")
        #expect(answer.status == (isReady ? 200 : 503))
        #expect(answer.json["live"] == .bool(isReady))
    }

    @Test(
        arguments: [
            (ModelState.ready, true), (.absent, true), (.loading, false), (.warming, false), (.draining, false),
            (.failed, false), (.skipped, false),
        ])
    func aModelIsReadyWhenACallWouldBeAnswered(state: ModelState, isReady: Bool) async throws {
        for path in ["/v2/models/a/ready", "/v2/models/a/versions/1/ready"] {
            let answer = try await client([Self.model("a", state)]).send(.get, path)
            #expect(answer.status == (isReady ? 200 : 503))
            #expect(answer.json == ["name": "a", "ready": .bool(isReady)])
        }
        #expect(log.withLock { $0.isEmpty }, "asking loads nothing")
    }

    @Test func aModelTellsItsPorts() async throws {
        for path in ["/v2/models/adder", "/v2/models/adder/versions/1"] {
            let answer = try await client().send(.get, path)
            #expect(
                answer.json == [
                    "name": "adder", "versions": ["1"], "platform": "openvino",
                    "inputs": [
                        ["name": "x", "datatype": "FP32", "shape": [-1, 2]],
                        ["name": "n", "datatype": "INT64", "shape": [1]],
                    ], "outputs": [["name": "sum", "datatype": "UNKNOWN", "shape": [-1]]],
                ])
        }
    }

    @Test func anEmbeddingModelTellsWhatElseItTakes() async throws {
        let answer = try await client().send(.get, "/v2/models/minilm")
        #expect(answer.json["inputs"] == [], "it has not been loaded yet")
        #expect(
            answer.json["embedding"] == [
                "inputs": [["name": "text", "datatype": "BYTES", "shape": [-1]]],
                "outputs": [["name": "embedding", "datatype": "FP32", "shape": [-1, 2]]],
            ])
        #expect(log.withLock { $0.isEmpty })
    }

    @Test(
        arguments: [
            ("/v2/models/nobody", 404), ("/v2/models/adder/versions/2", 404), ("/v2/models/%ff", 400),
            ("/v2/models/nobody/ready", 404), ("/v2/models/adder/versions/1.0/ready", 404),
        ])
    func whatIsNotThereIsTold(path: String, status: Int) async throws {
        let answer = try await client().send(.get, path)
        #expect(answer.status == status)
        #expect(answer.json.objectValue?.keys == ["error"])
    }

    @Test(arguments: ["[1, 2.5, -3, 4e0]", "[[1, 2.5], [-3, 4]]"])
    func tensorsReachTheGraphFlatOrNested(data: String) async throws {
        let answer = try await infer(
            #"""
            {"id": "42", "parameters": {"priority": 1}, "inputs": [
              {"name": "x", "shape": [2, 2], "datatype": "FP32", "parameters": {}, "data": \#(data)},
              {"name": "n", "shape": [1], "datatype": "INT64", "data": [9007199254740993]}],
             "outputs": [{"name": "sum", "parameters": {"binary_data": true}}]}
            """#)
        #expect(answer.status == 200)
        let request = try #require(requests.withLock { $0.first })
        #expect(request.model == "adder")
        #expect(request.tensors.outputs == ["sum"])
        #expect(
            request.tensors.inputs == [
                NamedTensor(name: "x", tensor: Tensor(shape: [2, 2], values: [1, 2.5, -3, 4])),
                NamedTensor(name: "n", tensor: Tensor(shape: [1], elements: .int64([9_007_199_254_740_993]))),
            ])
        #expect(
            answer.text
                == #"{"model_name":"adder","model_version":"1","id":"42","outputs":["#
                + #"{"name":"sum","datatype":"FP32","shape":[3],"data":[1.0,0.1,null]},"#
                + #"{"name":"kind","datatype":"INT64","shape":[1,2],"data":[7,-8]}]}"# + "\n")
    }

    @Test(
        arguments: [
            ("FP32", "[1]", Tensor.Elements.float32([1])), ("INT64", "[-1.0]", .int64([-1])),
            ("INT32", "[-2147483648]", .int32([.min])), ("UINT8", "[255]", .uint8([255])),
        ])
    func everyTypeOfHearthIsTaken(type: String, data: String, elements: Tensor.Elements) async throws {
        let answer = try await infer(
            #"{"inputs": [{"name": "x", "shape": [1], "datatype": "\#(type)", "data": \#(data)}]}"#)
        #expect(answer.status == 200)
        #expect(answer.json["id"] == nil, "none was given")
        #expect(requests.withLock { $0.first?.tensors.inputs.first?.tensor.elements } == elements)
        #expect(requests.withLock { $0.first?.tensors.outputs } == [])
    }

    @Test(
        arguments: [
            ("", "empty"), ("[]", "object"), ("{}", "inputs"), (#"{"inputs": []}"#, "inputs"),
            (#"{"inputs": {}}"#, "inputs"), (#"{"inputs": [1]}"#, "object"), (#"{"id": 3, "inputs": []}"#, "id"),
            (input(name: "null"), "name"), (input(shape: "null"), "complete"), (input(data: "null"), "complete"),
            (input(data: #""AAAA""#), "data"), (input(datatype: "3"), "datatype"), (input(shape: "[-1]"), "shape"),
            (input(shape: "[1.5]"), "shape"), (input(shape: "[2]"), "1 values"), (input(shape: "[]", data: "[]"), "0"),
            (input(shape: "[9223372036854775807, 9]"), "no request"), (input(data: "[true]"), "Value 0"),
            (input(data: #"["1"]"#), "Value 0"), (input(data: "[null]"), "Value 0"), (input(data: "[1e300]"), "Value"),
            (input(shape: "[2, 2]", data: "[[1, 2], [3]]"), "nested"), (input(data: "[[1]]"), "Value 0"),
            (input(shape: "[2, 2]", data: "[[1, 2], 3]"), "nested"),
            (input(shape: "[1, 2]", data: "[[1], [2]]"), "nested"), (input(datatype: #""FP16""#), "FP16"),
            (input(datatype: #""BOOL""#, data: "[true]"), "BOOL"), (input(datatype: #""fp32""#), "fp32"),
            (input(datatype: #""UINT8""#, data: "[256]"), "UINT8"),
            (input(datatype: #""UINT8""#, data: "[-1]"), "Value"),
            (input(datatype: #""INT32""#, data: "[2147483648]"), "INT32"),
            (input(datatype: #""INT64""#, data: "[0.5]"), "INT64"),
            (input(more: #", "parameters": {"binary_data_size": 4}"#), "binary"),
            (input(more: #", "parameters": {"shared_memory_region": "r"}"#), "shared memory"),
            (input(more: #", "parameters": 3"#), "parameters"), (input(outputs: #"[{"name": ""}]"#), "name"),
            (input(outputs: "[3]"), "object"), (input(outputs: #"[{"name": "a"}, {"name": "a"}]"#), "twice"),
            (input(outputs: #"[{"name": "a", "parameters": {"classification": 2}}]"#), "classification"),
            (input(shape: "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"), "dimensions"),
            (input(shape: "[0, 3]", data: "[]"), "no values"),
        ])
    func whatDoesNotFitIsRefusedByName(body: String, word: String) async throws {
        let answer = try await infer(body)
        #expect(answer.status == 400)
        #expect(answer.json["error"]?.stringValue?.contains(word) == true, "\(answer.text)")
        #expect(requests.withLock { $0.isEmpty })
    }

    private static func input(
        name: String = #""x""#, shape: String = "[1]", datatype: String = #""FP32""#, data: String = "[1]",
        more: String = "", outputs: String = "[]"
    ) -> String {
        #"{"inputs": [{"name": \#(name), "shape": \#(shape), "datatype": \#(datatype), "data": \#(data)\#(more)}], "#
            + #""outputs": \#(outputs)}"#
    }

    @Test func theSameInputTwiceIsRefused() async throws {
        let input = #"{"name": "x", "shape": [1], "datatype": "FP32", "data": [1]}"#
        let answer = try await infer(#"{"inputs": [\#(input), \#(input)]}"#)
        #expect(answer.status == 400)
        #expect(answer.json["error"]?.stringValue?.contains("twice") == true)
    }

    @Test func binaryTensorsAreRefusedByTheirHeader() async throws {
        let name = try #require(HTTPField.Name("Inference-Header-Content-Length"))
        let answer = try await client().send(
            .post, "/v2/models/adder/infer", Self.input() + "\0\0\0\0", headers: [name: "90"])
        #expect(answer.status == 400)
        #expect(answer.json["error"]?.stringValue?.contains("binary form") == true)
    }

    /// Pictures as tensors have more values than other bodies may have.
    @Test func aBatchOfPicturesFits() async throws {
        let count = 2 * 3 * 224 * 224
        #expect(count > JSONParser.maximumValues)
        let data = String(repeating: "0.5,", count: count - 1) + "-1"
        let answer = try await infer(Self.input(shape: "[2, 3, 224, 224]", data: "[\(data)]"))
        #expect(answer.status == 200)
        #expect(requests.withLock { $0.first?.tensors.inputs.first?.tensor.values.count } == count)
        #expect(requests.withLock { $0.first?.tensors.inputs.first?.tensor.values.last } == -1)
    }

    @Test func textsGiveTheirEmbeddings() async throws {
        for shape in ["[2]", "[2, 1]"] {
            let answer = try await infer(
                Self.input(
                    name: #""text""#, shape: shape, datatype: #""BYTES""#, data: #"["a", "bcd"]"#,
                    outputs: #"[{"name": "embedding"}]"#), model: "minilm")
            #expect(answer.status == 200)
            #expect(
                answer.json["outputs"] == [
                    ["name": "embedding", "datatype": "FP32", "shape": [2, 2], "data": [1.0, 0.5, 3.0, 0.5]]
                ])
        }
        #expect(requests.withLock { $0.isEmpty }, "no graph was run on raw tensors")
    }

    @Test func picturesGiveTheirEmbeddings() async throws {
        let body = Self.input(name: #""image""#, datatype: #""BYTES""#, data: #"["\#(ProtocolClient.png)"]"#)
        let answer = try await infer(body, model: "eyes")
        #expect(answer.json["outputs"]?[0]?["data"] == [78.0, 0.5], "of as many bytes")
        #expect(try await infer(body, model: "minilm").status == 400, "this one reads texts")
        #expect(try await infer(body, model: "adder").status == 400, "and this one gives no vectors")
        for damaged in ["A", "AAECAw==", String(ProtocolClient.png.dropLast(40))] {
            let body = Self.input(name: #""image""#, datatype: #""BYTES""#, data: #"["\#(damaged)"]"#)
            let status = try await infer(body, model: "eyes").status
            #expect((400..<500).contains(status))
        }
        let other = Self.input(
            name: #""image""#, datatype: #""BYTES""#, data: #"["\#(ProtocolClient.png)"]"#,
            outputs: #"[{"name": "sum"}]"#)
        #expect(try await infer(other, model: "eyes").status == 400)
    }

    @Test func theIndexTellsWhereModelsAreNow() async throws {
        var failed = Self.model("d", .failed)
        failed.reason = "The weights are damaged."
        let client = client([
            Self.model("a", .ready), Self.model("b", .absent), Self.model("c", .warming), failed,
            Self.model("e", .draining),
        ])
        let answer = try await client.send(.post, "/v2/repository/index")
        #expect(
            answer.json == [
                ["name": "a", "version": "1", "state": "READY", "reason": ""],
                ["name": "b", "version": "1", "state": "UNAVAILABLE", "reason": "unloaded"],
                ["name": "c", "version": "1", "state": "LOADING", "reason": ""],
                ["name": "d", "version": "1", "state": "UNAVAILABLE", "reason": "The weights are damaged."],
                ["name": "e", "version": "1", "state": "UNLOADING", "reason": ""],
            ])
        let ready = try await client.send(.post, "/v2/repository/index", #"{"ready": true}"#)
        #expect(ready.json.arrayValue?.map { $0["name"] } == ["a"])
        #expect(try await client.send(.post, "/v2/repository/index", #"{"ready": 1}"#).status == 400)
    }

    @Test func modelsAreLoadedAndUnloaded() async throws {
        let client = client()
        for (path, body) in [
            ("minilm/load", ""), ("MINILM:latest/load", "{}"), ("minilm/load", #"{"parameters": {"keep_alive": -1}}"#),
            ("minilm/unload", #"{"parameters": {"unload_dependents": false}}"#),
        ] {
            let answer = try await client.send(.post, "/v2/repository/models/\(path)", body)
            #expect(answer.status == 200)
            #expect(answer.text.isEmpty)
        }
        #expect(
            log.withLock { $0 }
                == ["load minilm as before", "load minilm as before", "load minilm pinned", "unload minilm"])
        let anchors = try await client.send(.post, "/v2/repository/models/eyes/unload")
        #expect(anchors.status == 409)
        #expect(anchors.json["error"] == "The model eyes serves anchors.")
        #expect(try await client.send(.post, "/v2/repository/models/nobody/load").status == 404)
        let override = try await client.send(
            .post, "/v2/repository/models/minilm/load", #"{"parameters": {"config": "{}"}}"#)
        #expect(override.status == 400)
        #expect(override.json["error"]?.stringValue?.contains("config") == true)
    }

    @Test func onlyAdministratorsLoadAndUnload() async throws {
        var client = client()
        client.principal = Principal(tenant: .local, permission: .write)
        for path in ["load", "unload"] {
            let answer = try await client.send(.post, "/v2/repository/models/minilm/\(path)")
            #expect(answer.status == 403)
            #expect(answer.json.objectValue?.keys == ["error"])
        }
        #expect(log.withLock { $0.isEmpty })
        #expect(try await client.send(.post, "/v2/repository/index").status == 200)
    }
}

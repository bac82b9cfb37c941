import HTTPTypes
import HearthCore
package import HearthHTTP
import HearthInference
import HearthJSON
import Hummingbird
import NIOCore

/// The Open Inference Protocol, version 2, over REST (github.com/kserve/open-inference-protocol, `inference_rest.md`),
/// with Triton's extension `model_repository` for loading and unloading.
///
/// Tensors travel as JSON; the binary extension is refused for inputs and, as it allows, not used for outputs. A model
/// has one version, "1".
package struct OpenInferenceDoor: Door {
    let runner: EmbeddingRunner
    static let version = "1"

    package init(_ runner: EmbeddingRunner) {
        self.runner = runner
    }

    var service: EmbeddingService { runner.service }

    package let prefixes = ["/v2"]
    package let errors = ErrorShape.text(in: "error")

    package var routes: [DoorRoute] {
        let optional = BodyRule.json(isOptional: true)
        var routes = [
            route(.get, "/v2", "What this server is.") { _ in Self.server() },
            route(.get, "/v2/health/live", "Whether the process answers.") { _ in JSONReply(["live": true]).response },
            route(.get, "/v2/health/ready", "Whether models can be called.") { _ in await readiness() },
            route(
                .post, "/v2/repository/index", "All models and their states.", body: optional,
                answer: EmbeddingSchema.objects, index),
            route(
                .post, "/v2/repository/models/{model}/load", "Load a model.", access: .credential(.operate),
                body: optional, answer: nil, load),
            route(
                .post, "/v2/repository/models/{model}/unload", "Unload a model.", access: .credential(.operate),
                body: optional, answer: nil, unload),
        ]
        for path in ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"] {
            routes += [
                route(.get, path, "A model's inputs and outputs.", metadata),
                route(.get, "\(path)/ready", "Whether a model can be called.", modelReadiness),
                route(
                    .post, "\(path)/infer", "Run a model on tensors.",
                    body: .numbers(OpenInferenceRequest.schema, limit: Limits.tensorBodyBytes), infer),
            ]
        }
        return routes
    }

    private func route(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String,
        access: DoorRoute.Access = .credential(.read), body: BodyRule? = nil,
        answer schema: JSONValue? = BodyRule.anyObject, _ answer: @escaping DoorRoute.Answer
    ) -> DoorRoute {
        DoorRoute(
            method, path, access: access, body: body, errors: errors,
            describe: OpenAPIEntry(
                "open-inference.\(method.rawValue.lowercased())\(path)",
                "\(summary.dropLast()) (Open Inference Protocol).", answer: schema), answer: answer)
    }

    /// The model that a path names.
    /// - Throws: ``HearthError`` `not_found` for another model or version, `model_not_ready`.
    func model(_ call: DoorCall) async throws -> ModelStatus {
        let model = try await service.model(call.parameter("model"), for: nil, until: call.deadline)
        if call.hasParameter("version") {
            let version = try call.parameter("version")
            guard version == Self.version else {
                throw HearthError(
                    .notFound, "The model \(model.id) has no version \"\(version.prefix(40))\".",
                    hint: "Its version is \"\(Self.version)\".")
            }
        }
        return model
    }

    private static func server() -> Response {
        JSONReply(["name": "hearth", "version": .string(Hearth.version), "extensions": ["model_repository"]]).response
    }

    /// The server is ready when a worker answers and no model that is to be there all the time is missing. Models that
    /// are loaded on demand do not count: a call waits for them.
    private func readiness() async -> Response {
        let models = try? await service.models()
        let isReady = models?.allSatisfy { !Self.isMissing($0) } ?? false
        // The protocol calls the field "live" here as well; some servers, and their clients, call it "ready".
        return JSONReply(
            ["live": .bool(isReady), "ready": .bool(isReady)], status: isReady ? .ok : .serviceUnavailable
        ).response
    }

    private static func isMissing(_ model: ModelStatus) -> Bool {
        switch model.state {
        case .ready, .absent, .draining, .skipped: false
        case .loading, .warming, .failed: model.keepAlive == .pinned
        }
    }

    /// A model that is not in memory is ready: a call loads it.
    private func modelReadiness(_ call: DoorCall) async throws -> Response {
        let model = try await model(call)
        let isReady = [.ready, .absent].contains(model.state)
        return JSONReply(
            ["name": .string(model.id), "ready": .bool(isReady)], status: isReady ? .ok : .serviceUnavailable
        ).response
    }

    /// The graph's ports are known once the model has been loaded; asking does not load it.
    private func metadata(_ call: DoorCall) async throws -> Response {
        let model = try await model(call)
        var answer: JSONValue = [
            "name": .string(model.id), "versions": [.string(Self.version)], "platform": "openvino",
            "inputs": Self.ports(model.signature?.inputs), "outputs": Self.ports(model.signature?.outputs),
        ]
        if !model.kind.modalities.isEmpty { answer["embedding"] = EmbeddingTensors.metadata(of: model) }
        return JSONReply(answer).response
    }

    private static func ports(_ ports: [TensorPort]?) -> JSONValue {
        .array(
            (ports ?? []).map { port in
                [
                    "name": .string(port.name), "datatype": .string(port.type?.rawValue ?? "UNKNOWN"),
                    "shape": .array(port.shape.map { .int(Int64($0)) }),
                ]
            })
    }
}

/// Triton's control of models (triton-inference-server/server, `extension_model_repository.md`).
extension OpenInferenceDoor {
    /// All models, with whether they are in memory now; `{"ready": true}` leaves out those that are not.
    func index(_ call: DoorCall) async throws -> Response {
        let fields = try await call.fields()
        let onlyReady = try fields.bool("ready") ?? false
        let models = try await service.models().filter { !onlyReady || $0.state == .ready }
        return JSONReply(.array(models.map(Self.entry))).response
    }

    /// Loads a model and answers when it is ready. How long it stays is the operator's setting, unless the parameter
    /// `keep_alive` says otherwise.
    func load(_ call: DoorCall) async throws -> Response {
        let parameters = try await parameters(call, allowed: ["keep_alive"])
        try await service.load(model(call).id, keepAlive: parameters?.keepAlive(), deadline: call.deadline)
        return Response(status: .ok)
    }

    func unload(_ call: DoorCall) async throws -> Response {
        // No model depends on another one, so the word about dependants has nothing to say.
        _ = try await parameters(call, allowed: ["unload_dependents"])
        try await service.unload(model(call).id)
        return Response(status: .ok)
    }

    private func parameters(_ call: DoorCall, allowed: Set<String>) async throws -> RequestFields? {
        let body = try await call.fields()
        let parameters = try body.fields("parameters")
        if let other = parameters?.object.keys.first(where: { !allowed.contains($0) }) {
            throw HearthError(
                .invalidRequest, "The parameter `\(other.prefix(40))` is not supported.",
                hint: "A model's folder says how it is loaded; supported here: \(allowed.sorted().joined()).")
        }
        return parameters
    }

    private static func entry(_ model: ModelStatus) -> JSONValue {
        let (state, reason) =
            switch model.state {
            case .ready: ("READY", "")
            case .absent: ("UNAVAILABLE", "unloaded")
            case .loading, .warming: ("LOADING", "")
            case .draining: ("UNLOADING", "")
            case .failed, .skipped: ("UNAVAILABLE", model.reason ?? model.state.rawValue)
            }
        return [
            "name": .string(model.id), "version": .string(version), "state": .string(state),
            "reason": .string(reason),
        ]
    }
}

extension OpenInferenceDoor {
    /// Runs a graph on tensors, or an embedding model on texts and pictures (``EmbeddingTensors``).
    func infer(_ call: DoorCall) async throws -> Response {
        if let name = HTTPField.Name("Inference-Header-Content-Length"), call.request.headers[name] != nil {
            throw OpenInferenceRequest.noBinary
        }
        let fields = try await call.fields()
        defer { withExtendedLifetime(fields) {} }
        let request = try OpenInferenceRequest(fields)
        let model = try await model(call)
        let outputs: [NamedTensor]
        if let inputs = try EmbeddingTensors.inputs(request, of: model) {
            let results = try await runner.all(
                inputs.map { .ready($0) }, EmbeddingWishes(model: model.id), for: call, sharing: fields.reservation,
                isNumbered: true)
            outputs = [EmbeddingTensors.output(results)]
        } else {
            outputs = try await service.run(
                request.tensors(for: model), outputs: request.outputs, by: model.id, tenant: call.tenant,
                until: call.deadline)
        }
        return Self.answer(outputs, to: request, by: model)
    }

    private static func answer(
        _ outputs: [NamedTensor], to request: OpenInferenceRequest, by model: ModelStatus
    ) -> Response {
        var body = ByteBuffer()
        body.writeStaticString(#"{"model_name":"#)
        body.writeJSONString(model.id)
        body.writeString(#","model_version":"\#(version)""#)
        if let id = request.id {
            body.writeStaticString(#","id":"#)
            body.writeJSONString(id)
        }
        body.writeStaticString(#","outputs":"#)
        body.writeJSONArray(outputs) { body, output in
            body.writeStaticString(#"{"name":"#)
            body.writeJSONString(output.name)
            body.writeString(#","datatype":"\#(output.tensor.elements.type.rawValue)","shape":"#)
            body.writeJSONNumbers(output.tensor.shape)
            body.writeStaticString(#","data":"#)
            switch output.tensor.elements {
            case .float32(let values): body.writeJSONNumbers(values)
            case .int64(let values): body.writeJSONNumbers(values)
            case .int32(let values): body.writeJSONNumbers(values)
            case .uint8(let values): body.writeJSONNumbers(values)
            }
            body.writeStaticString("}")
        }
        body.writeStaticString("}\n")
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/json; charset=utf-8", .contentLength: String(body.readableBytes),
            ], body: ResponseBody(byteBuffer: body))
    }
}

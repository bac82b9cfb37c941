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
            route(.post, "/v2/repository/index", "All models and their states.", body: optional, index),
            route(
                .post, "/v2/repository/models/{model}/load", "Load a model.", access: .credential(.operate),
                body: optional, load),
            route(
                .post, "/v2/repository/models/{model}/unload", "Unload a model.", access: .credential(.operate),
                body: optional, unload),
        ]
        for path in ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"] {
            routes += [
                route(.get, path, "A model's inputs and outputs.", metadata),
                route(.get, "\(path)/ready", "Whether a model can be called.", modelReadiness),
                route(
                    .post, "\(path)/infer", "Run a model on tensors.", body: .numbers(limit: Limits.tensorBodyBytes),
                    infer),
            ]
        }
        return routes
    }

    private func route(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String,
        access: DoorRoute.Access = .credential(.read), body: BodyRule? = nil, _ answer: @escaping DoorRoute.Answer
    ) -> DoorRoute {
        DoorRoute(
            method, path, access: access, body: body, errors: errors,
            describe: OpenAPIEntry(
                "open-inference.\(method.rawValue.lowercased())\(path)",
                "\(summary.dropLast()) (Open Inference Protocol).", answer: BodyRule.anyObject), answer: answer)
    }

    /// The model that a path names.
    /// - Throws: ``HearthError`` `not_found` for another model or version, `model_not_ready`.
    func model(_ call: DoorCall) async throws -> ModelStatus {
        let model = try await service.model(call.parameter("model"), seeing: nil, until: call.deadline)
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

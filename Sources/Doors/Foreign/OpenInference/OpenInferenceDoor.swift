import HTTPTypes
import HearthCore
import HearthInference
import HearthJSON
import Hummingbird
import NIOCore

/// The Open Inference Protocol, version 2, over REST (github.com/kserve/open-inference-protocol, `inference_rest.md`),
/// with Triton's extension `model_repository` for loading and unloading.
///
/// Tensors travel as JSON; the binary extension is refused for inputs and, as it allows, not used for outputs. A model
/// has one version, "1".
struct OpenInferenceDoor: Sendable {
    let service: EmbeddingService
    static let version = "1"

    init(service: EmbeddingService) {
        self.service = service
    }

    var routes: [ForeignRoute] {
        var routes = [
            route(.get, "/v2", "What this server is.") { _ in Self.server() },
            route(.get, "/v2/health/live", "Whether the process answers.") { _ in JSONReply(["live": true]).response },
            route(.get, "/v2/health/ready", "Whether models can be called.") { _ in await readiness() },
            route(.post, "/v2/repository/index", "All models and their states.", body: .json, index),
            route(.post, "/v2/repository/models/{model}/load", "Load a model.", body: .json, load),
            route(.post, "/v2/repository/models/{model}/unload", "Unload a model.", body: .json, unload),
        ]
        for path in ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"] {
            routes += [
                route(.get, path, "A model's inputs and outputs.", metadata),
                route(.get, "\(path)/ready", "Whether a model can be called.", modelReadiness),
                route(.post, "\(path)/infer", "Run a model on tensors.", body: .json, infer),
            ]
        }
        return routes
    }

    private func route(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, body: ForeignRoute.Body? = nil,
        _ answer: @escaping @Sendable (ForeignCall) async throws -> Response
    ) -> ForeignRoute {
        ForeignRoute(
            method: method, path: path, summary: "\(summary.dropLast()) (Open Inference Protocol).",
            tag: "open-inference", errors: .text(in: "error"), body: body, answer: answer)
    }

    /// The model that a path names.
    /// - Throws: ``HearthError`` `not_found` for another model or version, `model_not_ready`.
    func model(_ call: ForeignCall) async throws -> ModelStatus {
        let model = try await service.model(call.parameter("model"), seeing: nil, until: call.deadline)
        if call.context.parameters.get("version") != nil {
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
    private func modelReadiness(_ call: ForeignCall) async throws -> Response {
        let model = try await model(call)
        let isReady = [.ready, .absent].contains(model.state)
        return JSONReply(
            ["name": .string(model.id), "ready": .bool(isReady)], status: isReady ? .ok : .serviceUnavailable
        ).response
    }

    /// The graph's ports are known once the model has been loaded; asking does not load it.
    private func metadata(_ call: ForeignCall) async throws -> Response {
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

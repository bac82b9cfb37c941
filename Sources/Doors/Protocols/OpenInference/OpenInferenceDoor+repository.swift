import HearthCore
import HearthHTTP
import HearthInference
import HearthJSON
import Hummingbird

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

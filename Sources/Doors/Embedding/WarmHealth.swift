import HTTPTypes
import HearthCore
import HearthHTTP
import HearthInference
import HearthJSON
import Hummingbird

/// `GET /health/warm`: whether every model that should be in memory answers now.
struct WarmHealth: Sendable {
    let service: EmbeddingService

    var route: DoorRoute {
        DoorRoute(
            .get, "/health/warm",
            describe: OpenAPIEntry(
                "health.warm", "Whether every model that should be in memory answers now.",
                answer: [
                    "type": "object",
                    "properties": [
                        "warm": EmbeddingSchema.flag, "reason": EmbeddingSchema.text,
                        "models": EmbeddingSchema.objects,
                    ],
                ])
        ) { _ in
            do {
                return Self.response(try await service.models(), reason: nil)
            } catch let error as HearthError where error.code == .modelNotReady {
                return Self.response([], reason: "The worker is starting.")
            }
        }
    }

    /// - Parameter reason: why the models are not known; nil: they are.
    static func response(_ models: [ModelStatus], reason: String?) -> Response {
        let cold = models.filter { !isAsItShouldBe($0) }
        let isWarm = cold.isEmpty && reason == nil
        var body: JSONValue = ["warm": .bool(isWarm), "models": .array(models.map(line))]
        if let reason {
            body["reason"] = .string(reason)
        } else if let first = cold.first {
            body["reason"] = .string("The model \(first.id) is \(first.state.rawValue).")
        }
        var response = JSONReply(body, status: isWarm ? .ok : .serviceUnavailable).response
        if !isWarm {
            // What could not be loaded will not be there in a moment.
            let cannotSucceed = reason == nil && cold.allSatisfy { $0.state == .failed }
            response.headers[.retryAfter] = cannotSucceed ? "30" : "1"
        }
        return response
    }

    /// A model that may leave memory is as it should be while it is absent, or on its way out.
    private static func isAsItShouldBe(_ model: ModelStatus) -> Bool {
        switch model.state {
        case .ready, .skipped: true
        case .absent, .draining: model.keepAlive != .pinned
        case .loading, .warming, .failed: false
        }
    }

    private static func line(_ model: ModelStatus) -> JSONValue {
        [
            "id": .string(model.id), "kind": .string(model.kind.rawValue), "state": .string(model.state.rawValue),
            "ready": .bool(model.state == .ready), "reason": model.reason.map { .string($0) } ?? .null,
            "dims": model.dims.map { .int(Int64($0)) } ?? .null,
            "precision": model.precision.map { .string($0) } ?? .null,
            "keep_alive": .string(model.keepAlive.text),
            "load_ms": model.loadMilliseconds.map { .double($0) } ?? .null, "loads": .int(Int64(model.loads)),
            "idle_ms": model.idleMilliseconds.map { .double($0) } ?? .null,
            "waiting": .int(Int64(model.waiting)),
        ]
    }
}

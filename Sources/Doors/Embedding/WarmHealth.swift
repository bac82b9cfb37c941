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
                answer: EmbeddingSchema.of(WarmReport.self))
        ) { call in
            do {
                let models = try await service.models().map { $0.shown(to: call.principal) }
                return try Self.response(models, reason: nil)
            } catch let error as HearthError where error.code == .modelNotReady {
                return try Self.response([], reason: "The worker is starting.")
            }
        }
    }

    /// - Parameter reason: why the models are not known; nil: they are.
    static func response(_ models: [ModelStatus], reason: String?) throws -> Response {
        let cold = models.filter { !isAsItShouldBe($0) }
        let isWarm = cold.isEmpty && reason == nil
        let report = WarmReport(
            warm: isWarm, reason: reason ?? cold.first.map { "The model \($0.id) is \($0.state.rawValue)." },
            models: models.map(WarmReport.Model.init))
        var response = JSONReply(try JSONValueEncoder.encode(report), status: isWarm ? .ok : .serviceUnavailable)
            .response
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
}

/// The answer of `GET /health/warm`.
private struct WarmReport: Sendable, Codable, SchemaDescribed {
    /// A model as far as its warmth matters.
    struct Model: Sendable, Codable, SchemaDescribed {
        var id: String
        var kind: ModelKind
        var state: ModelState
        var ready: Bool
        var reason: String?
        var dims: Int?
        var precision: String?
        var keepAlive: KeepAlive
        var loadMS: Double?
        var loads: Int?
        var idleMS: Double?
        var waiting: Int?

        static let fields = [
            "ready": FieldNote("Whether it answers without waiting."),
            "reason": FieldNote("Why it has failed or was skipped."),
            "dims": FieldNote("Length of its vectors; absent for models that give none."),
            "load_ms": FieldNote("Milliseconds of its last load; absent before it."),
            "loads": FieldNote("Loads since the start of its process; for operators."),
            "idle_ms": FieldNote("Milliseconds since its last call; absent while it is not in memory; for operators."),
            "waiting": FieldNote("Calls that wait for a pass; for operators."),
        ]

        init(_ model: ModelStatus) {
            id = model.id
            kind = model.kind
            state = model.state
            ready = model.state == .ready
            reason = model.reason
            dims = model.dims
            precision = model.precision
            keepAlive = model.keepAlive
            loadMS = model.loadMilliseconds
            loads = model.loads
            idleMS = model.idleMilliseconds
            waiting = model.waiting
        }
    }

    var warm: Bool
    var reason: String?
    var models: [Model]

    static let fields = [
        "warm": FieldNote("Whether every model is where it should be."),
        "reason": FieldNote("Why it is not."),
    ]
}

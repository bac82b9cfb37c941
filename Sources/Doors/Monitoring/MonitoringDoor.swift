package import HTTPTypes
package import HearthCore
import HearthJSON
package import Hummingbird
import NIOCore

/// What monitors ask: alive, ready, metrics.
package struct MonitoringDoor: Sendable {
    private let metrics: MetricsRegistry
    private let isReady: @Sendable () async -> (isReady: Bool, reason: String)

    /// - Parameter isReady: whether every call can be answered now, and if not, why.
    package init(
        metrics: MetricsRegistry, isReady: @escaping @Sendable () async -> (isReady: Bool, reason: String)
    ) {
        self.metrics = metrics
        self.isReady = isReady
    }

    /// Methods at a path of this door, for 405.
    package static func allowedMethods(at path: String) -> [HTTPRequest.Method] {
        ["/health", "/ready", "/metrics", "/openapi.json", "/api/operations"].contains(path) ? [.get] : []
    }

    /// Adds `/health` (the process answers), `/ready` (so do its models) and `/metrics`.
    package func add(to router: Router<DoorContext>) {
        router.get("/health") { _, _ in
            JSONReply(["status": "ok", "version": .string(Hearth.version)]).response
        }
        router.get("/ready") { _, _ in
            let state = await isReady()
            return JSONReply(
                ["ready": .bool(state.isReady), "reason": .string(state.reason)],
                status: state.isReady ? .ok : .serviceUnavailable
            ).response
        }
        router.get("/metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: MetricsRegistry.contentType],
                body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.prometheusText())))
        }
    }
}

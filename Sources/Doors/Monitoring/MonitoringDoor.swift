package import HearthCore
import HearthHTTP
import HearthJSON
import Hummingbird
import NIOCore

/// What monitors ask: alive, ready, metrics.
package struct MonitoringDoor: Door {
    private let metrics: MetricsRegistry
    private let workers: @Sendable () async -> [(process: String, text: String)]
    private let isReady: @Sendable () async -> (isReady: Bool, reason: String)

    /// - Parameters:
    ///   - workers: the metrics pages of the worker processes, by name.
    ///   - isReady: whether every call can be answered now, and if not, why.
    package init(
        metrics: MetricsRegistry, workers: @escaping @Sendable () async -> [(process: String, text: String)] = { [] },
        isReady: @escaping @Sendable () async -> (isReady: Bool, reason: String)
    ) {
        self.metrics = metrics
        self.workers = workers
        self.isReady = isReady
    }

    private static var readiness: OpenAPIEntry {
        let state: JSONValue = [
            "type": "object", "properties": ["ready": ["type": "boolean"], "reason": ["type": "string"]],
        ]
        var entry = OpenAPIEntry(
            "system.ready", "Whether every call can be answered now; 503 when not.", answer: state)
        entry.otherAnswers["503"] = [
            "description": "Not every call can be answered now.", "content": ["application/json": ["schema": state]],
        ]
        return entry
    }

    /// `/health` (the process answers), `/ready` (so do its models) and `/metrics`.
    package var routes: [DoorRoute] {
        [
            DoorRoute(
                // Answered by the thread that has read it: what else the process does must not look like its end.
                .get, "/health", access: .everyone, quick: .init(bodyBytes: 0), refusesUnknownQuery: false,
                describe: OpenAPIEntry(
                    "system.alive", "Whether the process answers.",
                    answer: [
                        "type": "object", "properties": ["status": ["type": "string"], "version": ["type": "string"]],
                    ])
            ) { _ in
                JSONReply(["status": "ok", "version": .string(Hearth.version)]).response
            },
            DoorRoute(
                .get, "/ready", refusesUnknownQuery: false,
                describe: Self.readiness
            ) { _ in
                let state = await isReady()
                return JSONReply(
                    ["ready": .bool(state.isReady), "reason": .string(state.reason)],
                    status: state.isReady ? .ok : .serviceUnavailable
                ).response
            },
            DoorRoute(
                // The figures are of all tenants together.
                .get, "/metrics", access: .credential(.operate), refusesUnknownQuery: false,
                describe: OpenAPIEntry(
                    "system.metrics", "Figures for Prometheus, of all tenants together.", mediaType: "text/plain",
                    answer: ["type": "string"])
            ) { _ in
                Response(
                    status: .ok, headers: [.contentType: MetricsRegistry.contentType],
                    body: ResponseBody(
                        byteBuffer: ByteBuffer(string: MetricsPage.merged(metrics.prometheusText(), await workers()))))
            },
        ]
    }
}

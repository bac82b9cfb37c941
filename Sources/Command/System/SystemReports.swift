import HearthInference
import HearthJSON

/// Output of `system.stats`.
struct StatsReport: Sendable, Codable, SchemaDescribed {
    /// Percentiles since the start, in milliseconds.
    struct Latency: Sendable, Codable {
        var count: Int
        var p50: Double
        var p95: Double
        var p99: Double
    }

    /// Collections of vectors in memory.
    struct Collections: Sendable, Codable {
        var resident: Int
        var bytes: Int
        var byteBudget: Int
    }

    struct Worker: Sendable, Codable {
        var restarts: Int
        var endedJobs: Int
    }

    var uptimeSeconds: Double
    var queue: [String: [String: Int]]
    var latenciesMS: [String: Latency]
    var collections: Collections
    var caches: [String: CacheTierStatistics]
    var models: [ModelStatus]
    var worker: Worker
    var eventListeners: Int

    static let fields = [
        "queue": FieldNote("Jobs by lane and state."),
        "latencies_ms": FieldNote("By the name of the measurement; those without a value are left out."),
        "collections": FieldNote("Collections of vectors that are in memory."),
        "caches": FieldNote("The tiers of the embedding cache, by name."),
        "worker": FieldNote("Figures of the worker that holds models, since its start."),
        "event_listeners": FieldNote("Clients that follow jobs now."),
    ]
}

/// Output of `system.worker.recycle`.
struct RecycleReport: Sendable, Codable {
    /// True: a fresh worker is being started.
    var recycling: Bool
}

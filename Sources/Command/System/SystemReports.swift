import HearthInference
import HearthJSON

/// Output of `system.health`.
struct HealthReport: Sendable, Codable, SchemaDescribed {
    /// How the server is, in a word.
    enum Condition: String, Sendable, Codable, CaseIterable {
        /// Everything answers.
        case healthy
        /// The model that serves anchors is on its way into memory.
        case starting
        /// Something is lost; `lost_features` says what.
        case degraded
        /// The database does not answer.
        case unhealthy
    }

    /// Whether a part answers.
    enum Presence: String, Sendable, Codable, CaseIterable {
        case up, down, starting
        /// It is started by others.
        case external
    }

    struct Services: Sendable, Codable {
        var store: Presence
        var worker: Presence
    }

    /// The worker of a role.
    struct Worker: Sendable, Codable, SchemaDescribed {
        var role: String
        var state: Presence
        var worker: String?
        var pid: Int?
        var memoryMB: Double?
        var restarts: Int
        var lanes: [String]

        static let fields = [
            "worker": FieldNote("Its name in leases of jobs; absent while it starts."),
            "memory_mb": FieldNote("Resident memory of its process."),
            "restarts": FieldNote("Workers of this role that were started after the first."),
            "lanes": FieldNote("The lanes of jobs that it runs."),
        ]
    }

    /// What jobs need and no worker has.
    struct UnmetNeed: Sendable, Codable, SchemaDescribed {
        var need: String
        var role: String
        var operations: [String]
        var waitingJobs: Int?

        static let fields = [
            "need": FieldNote("A model, a program or a service.", example: "program ffmpeg"),
            "waiting_jobs": FieldNote("Jobs that wait for it; absent when they could not be counted."),
        ]
    }

    var status: Condition
    var modelPreloaded: Bool
    var models: [ModelStatus]
    var memoryMB: Double
    var workerMemoryMB: Double?
    var services: Services
    var workers: [Worker]
    var unmetNeeds: [UnmetNeed]
    var lostFeatures: [String]
    var version: String

    static let fields = [
        "model_preloaded": FieldNote("Whether the model that serves anchors is in memory."),
        "memory_mb": FieldNote("Resident memory of the front."),
        "worker_memory_mb": FieldNote("That of the worker that holds models; absent while it starts."),
        "lost_features": FieldNote("What does not work now, in words."),
    ]
}

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

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
        var restarts: Int?
        var lastCrash: String?
        var lastCrashAt: Int64?
        var lanes: [String]

        static let fields = [
            "worker": FieldNote("Its name in leases of jobs; absent while it starts."),
            "pid": FieldNote("Its process; for operators."),
            "memory_mb": FieldNote("Resident memory of its process."),
            "restarts": FieldNote("Workers of this role that were started after the first; for operators."),
            "last_crash": FieldNote(
                "Why a worker of this role has ended last by its own doing; for operators.",
                example: "Segmentation fault"),
            "last_crash_at": FieldNote("When, in milliseconds since 1970; for operators."),
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
            "waiting_jobs": FieldNote(
                "Jobs of all tenants that wait for it, for operators; absent when they could not be counted."),
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

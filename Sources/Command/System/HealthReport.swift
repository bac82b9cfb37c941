import HearthCore
import HearthInference
import HearthJSON
import HearthSupervisor

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
        var lastCrash: WorkerCrash?
        var lanes: [String]

        static let fields = [
            "worker": FieldNote("Its name in leases of jobs; absent while it starts; for operators."),
            "pid": FieldNote("Its process; for operators."),
            "memory_mb": FieldNote("Resident memory of its process."),
            "restarts": FieldNote("Workers of this role that were started after the first; for operators."),
            "last_crash": FieldNote("The last end of one of them by its own doing, with its reason; for operators."),
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

    /// As a caller may see it: what all tenants do together is for those who operate the server.
    func shown(to principal: Principal) -> HealthReport {
        guard principal.permission < .operate else { return self }
        var shown = self
        shown.models = models.map { $0.shown(to: principal) }
        for index in shown.workers.indices {
            // The name of a worker holds the front's process id and how often workers were started.
            (shown.workers[index].worker, shown.workers[index].pid, shown.workers[index].restarts) = (nil, nil, nil)
            shown.workers[index].lastCrash = nil
        }
        for index in shown.unmetNeeds.indices { shown.unmetNeeds[index].waitingJobs = nil }
        return shown
    }
}

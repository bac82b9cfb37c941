package import HearthCore

/// A worker process as it describes itself.
package struct EngineStatus: Sendable, Codable {
    /// Names it in leases.
    package var worker: String
    /// Process identifier, for people and for the front.
    package var pid: Int
    /// Every model that the worker knows, loaded or not.
    package var models: [ModelStatus]
    /// Id of the model that serves anchors.
    package var defaultEmbedder: String?
    /// Id of the model that looks at products; nil: that of anchors.
    package var productEmbedder: String?
    /// Resident bytes of the process.
    package var memoryBytes: Int
    /// The group that it serves; nil: the models that are always in memory. Other models are listed, but run in other
    /// processes.
    package var group: String?
    /// Jobs that it has ended since its start; counts towards recycling.
    package var endedJobs: Int
    /// Jobs that it works on now.
    package var runningJobs: Int
    /// What the process is for.
    package var role: WorkerRole
    /// What jobs of this process wait for and is not there; a model that is being loaded is not among it.
    package var unmetNeeds: [UnmetNeed]

    /// Something that jobs need and that is not there.
    package struct UnmetNeed: Sendable, Codable, Equatable {
        /// What is missing.
        package var need: JobNeed
        /// Names of the operations that wait for it.
        package var operations: [String]
        /// Lanes of these operations.
        package var lanes: [String]

        /// A need that is not met, and what waits for it.
        package init(need: JobNeed, operations: [String], lanes: [String]) {
            self.need = need
            self.operations = operations
            self.lanes = lanes
        }
    }

    /// A status as a worker tells it of itself.
    package init(
        worker: String, pid: Int, models: [ModelStatus], defaultEmbedder: String?, productEmbedder: String? = nil,
        memoryBytes: Int, endedJobs: Int, runningJobs: Int = 0, group: String? = nil, role: WorkerRole = .inference,
        unmetNeeds: [UnmetNeed] = []
    ) {
        self.worker = worker
        self.pid = pid
        self.models = models
        self.defaultEmbedder = defaultEmbedder
        self.productEmbedder = productEmbedder
        self.memoryBytes = memoryBytes
        self.endedJobs = endedJobs
        self.runningJobs = runningJobs
        self.group = group
        self.role = role
        self.unmetNeeds = unmetNeeds
    }

    /// Whether no model of its own is on its way: each is ready or has said why not.
    package var isSettled: Bool {
        models.allSatisfy { $0.group != group || [.ready, .failed, .skipped].contains($0.state) }
    }

    /// Models that should answer and do not. Folders that were skipped are not missed, unless anchors or products need
    /// them.
    package var lostModels: [ModelStatus] {
        models.filter { model in
            model.state == .failed
                || (model.state == .skipped && [defaultEmbedder, productEmbedder].contains(model.id))
        }
    }

    /// The model that serves anchors.
    package var embedder: ModelStatus? { models.first { $0.id == defaultEmbedder } }

    /// The model that looks at products.
    package var embedderOfProducts: ModelStatus? {
        models.first { $0.id == productEmbedder ?? defaultEmbedder }
    }
}

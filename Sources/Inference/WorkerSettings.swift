package import HearthCore

/// What a worker process is told at its start, by environment variables; the front sets them for its own worker.
package struct WorkerSettings: Sendable, Equatable {
    /// Names it in leases and names its socket.
    package var worker: String
    /// Identifies the start of the server that has started the process; nil: a person has.
    package var server: String?
    /// What the process is for.
    package var role: WorkerRole
    package var dataFolder: String
    /// Folders with model folders in them.
    package var modelRoots: [String]
    /// The model that serves anchors; nil: the built-in one.
    package var anchorModel: String?
    /// The model that looks at products; nil: that of anchors.
    package var productModel: String?
    /// The model that embeds texts when a request names none; nil: the first one that can.
    package var textModel: String?
    /// `auto`, `f32` or `bf16`.
    package var precision: String
    package var allowsNonCommercial: Bool
    /// How long models stay in memory without a call: `clip=5m,other=pinned`.
    package var keepAlive: String
    /// Addresses of ComfyUI servers; empty: there is no generator `comfyui`.
    package var comfyUIServers: [String]
    /// The model group that this worker is for, without jobs; nil: the models that are always in memory, and jobs.
    package var group: String?
    package var logLevel: String
    package var logFormat: LogFormat
    /// Whether it runs jobs that were there when a worker crashed, one at a time, and no others.
    package var isForSuspects: Bool
    /// The master key of sealed data, where it is a setting; nil: it is the file of the data folder.
    package var masterKey: Secret?

    package init(
        worker: String, server: String? = nil, role: WorkerRole = .inference, dataFolder: String,
        modelRoots: [String], anchorModel: String?,
        productModel: String? = nil, textModel: String? = nil, precision: String, allowsNonCommercial: Bool,
        keepAlive: String = "", comfyUIServers: [String] = [], group: String? = nil, logLevel: String,
        logFormat: LogFormat = .text, isForSuspects: Bool = false, masterKey: Secret? = nil
    ) {
        self.masterKey = masterKey
        self.worker = worker
        self.server = server
        self.role = role
        self.dataFolder = dataFolder
        self.modelRoots = modelRoots
        self.anchorModel = anchorModel
        self.productModel = productModel
        self.textModel = textModel
        self.precision = precision
        self.allowsNonCommercial = allowsNonCommercial
        self.keepAlive = keepAlive
        self.comfyUIServers = comfyUIServers
        self.group = group
        self.logLevel = logLevel
        self.logFormat = logFormat
        self.isForSuspects = isForSuspects
    }

    /// Reads the variables.
    /// - Throws: ``HearthError`` `invalid_configuration` that names the missing one.
    package init(environment: [String: String]) throws {
        func required(_ name: String) throws -> String {
            guard let value = environment[name], !value.isEmpty else {
                throw HearthError(
                    .invalidConfiguration, "\(name) is not set.",
                    hint:
                        "`hearth serve` starts workers; to start one yourself, set HEARTH_DATA and HEARTH_WORKER_ID."
                )
            }
            return value
        }
        worker = try required("HEARTH_WORKER_ID")
        server = environment["HEARTH_SERVER_ID"].flatMap { $0.isEmpty ? nil : $0 }
        role = environment["HEARTH_WORKER_ROLE"].flatMap { $0.isEmpty ? nil : WorkerRole(rawValue: $0) } ?? .inference
        dataFolder = try required("HEARTH_DATA")
        modelRoots = (environment["HEARTH_MODELS"] ?? "").split(separator: ":").map(String.init)
        anchorModel = environment["HEARTH_ANCHOR_MODEL"].flatMap { $0.isEmpty ? nil : $0 }
        productModel = environment["HEARTH_PRODUCT_MODEL"].flatMap { $0.isEmpty ? nil : $0 }
        textModel = environment["HEARTH_TEXT_MODEL"].flatMap { $0.isEmpty ? nil : $0 }
        precision = environment["HEARTH_PRECISION"] ?? "auto"
        allowsNonCommercial = environment["HEARTH_ALLOW_NON_COMMERCIAL"] == "true"
        keepAlive = environment["HEARTH_KEEP_ALIVE"] ?? ""
        comfyUIServers = (environment["HEARTH_COMFYUI"] ?? "").split(separator: ",").map(String.init)
        group = environment["HEARTH_WORKER_GROUP"].flatMap { $0.isEmpty ? nil : $0 }
        logLevel = environment["HEARTH_LOG_LEVEL"] ?? "info"
        logFormat = environment["HEARTH_LOG_FORMAT"].flatMap(LogFormat.init(rawValue:)) ?? .text
        isForSuspects = environment["HEARTH_WORKER_SUSPECTS"] == "true"
        masterKey = environment["HEARTH_MASTER_KEY"].flatMap { $0.isEmpty ? nil : Secret($0) }
    }

    /// The variables that `init(environment:)` reads.
    package var environment: [String: String] {
        [
            "HEARTH_WORKER_ID": worker, "HEARTH_SERVER_ID": server ?? "", "HEARTH_WORKER_ROLE": role.rawValue,
            "HEARTH_DATA": dataFolder,
            "HEARTH_MODELS": modelRoots.joined(separator: ":"),
            "HEARTH_ANCHOR_MODEL": anchorModel ?? "", "HEARTH_PRODUCT_MODEL": productModel ?? "",
            "HEARTH_TEXT_MODEL": textModel ?? "",
            "HEARTH_PRECISION": precision,
            "HEARTH_ALLOW_NON_COMMERCIAL": String(allowsNonCommercial), "HEARTH_KEEP_ALIVE": keepAlive,
            "HEARTH_COMFYUI": comfyUIServers.joined(separator: ","),
            "HEARTH_WORKER_GROUP": group ?? "", "HEARTH_LOG_LEVEL": logLevel,
            "HEARTH_LOG_FORMAT": logFormat.rawValue,
            "HEARTH_WORKER_SUSPECTS": String(isForSuspects), "HEARTH_MASTER_KEY": masterKey?.revealed ?? "",
        ]
    }
}

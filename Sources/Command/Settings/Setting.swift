/// Everything that can be set: by flag, by variable or in the settings file, in this order of precedence.
enum Setting: String, CaseIterable {
    case data, host, port, models, anchorModel, precision, apiKey, allowedHosts, allowNonCommercial, logLevel
    case fetchUrls, worker, recycleJobs, workerMemory, keepAlive, modelMemory, modelMirror, offline
    case immichWithoutKey, productsInterval, productsRate

    /// As it is written on the command line: `--anchor-model`.
    var flag: String { "--\(words.joined(separator: "-"))" }

    /// As it is written in the environment: `HEARTH_ANCHOR_MODEL`.
    var variable: String { "HEARTH_\(words.joined(separator: "_").uppercased())" }

    /// Never shown.
    var isSecret: Bool { self == .apiKey }

    /// What holds when nothing is said; nil: nothing.
    var defaultValue: String? {
        switch self {
        case .data: "hearth-data"
        case .host: "127.0.0.1"
        case .port: "8420"
        case .models, .apiKey, .allowedHosts, .keepAlive, .modelMirror: nil
        case .anchorModel: "scatter"
        case .precision: "auto"
        case .allowNonCommercial: "false"
        case .logLevel: "info"
        case .fetchUrls: "false"
        case .worker: "true"
        case .recycleJobs: "100000"
        case .workerMemory: "4096"
        case .modelMemory: "0"
        case .offline, .immichWithoutKey: "false"
        case .productsInterval: "60"
        case .productsRate: "0"
        }
    }

    /// One line for `hearth config`.
    var help: String {
        switch self {
        case .data: "Folder that holds everything: database, pictures, caches."
        case .host: "Address to listen on; any but a loopback one needs an API key."
        case .port: "Port to listen on; 0 takes a free one."
        case .models: "Folders with model folders in them, separated by colons."
        case .anchorModel: "Id of the image embedder that looks at anchors."
        case .precision: "auto, f32 or bf16."
        case .apiKey: "Key that every request must show."
        case .allowedHosts: "Names that browsers may call this server by, separated by commas."
        case .allowNonCommercial: "Whether models with a non-commercial licence may load."
        case .logLevel: "trace, debug, info, notice, warning, error or critical."
        case .fetchUrls: "Whether to fetch pictures from URLs that clients send, from the internet only."
        case .worker: "Whether to run a worker on this machine."
        case .recycleJobs: "Jobs after which the worker is replaced by a fresh one; 0: never."
        case .keepAlive: "How long models stay in memory without a call: clip=5m,other=pinned."
        case .modelMemory: "MB for all models that come and go; 0: half of the machine's memory."
        case .workerMemory: "Resident MB above which the worker is replaced; 0: never."
        case .modelMirror: "Base address that models are downloaded from in place of their own."
        case .immichWithoutKey: "Whether /ping and /predict answer without the API key, which Immich cannot send."
        case .productsInterval: "Seconds between two searches for products without a current embedding."
        case .productsRate: "Products a second that are embedded then, at most; 0: as many as can be."
        case .offline: "Whether `hearth models pull` must not use the network."
        }
    }

    private var words: [String] {
        rawValue.reduce(into: [""]) { words, letter in
            if letter.isUppercase { words.append("") }
            words[words.count - 1] += letter.lowercased()
        }
    }
}

import Configuration
import HearthAssembly
import HearthCore

/// Everything that can be set: by flag, by variable or in the settings file, in this order of precedence.
///
/// A new setting is a case here, its ``definition``, and the code that reads it from ``Settings``; its flag, its
/// variable and its key in the file follow.
enum Setting: String, CaseIterable {
    case data, host, port, models, anchorModel, productModel, textModel, bestModels, precision, apiKey, allowedHosts,
        allowNonCommercial, logLevel, logFormat
    case localPages, fetchUrls, worker, recycleJobs, workerMemory, keepAlive, modelMemory, modelMirror, offline
    case comfyui, imageGenerator, videoGenerator, mcpFolders
    case immichWithoutKey, productsInterval, productsRate, url, caFile
    case jwtSecret, jwtKeys, jwtIssuer, jwtAudience, jwtTenantClaim, jwtPermissionClaim, tlsCertificate, tlsKey
    case masterKey

    /// What a value is, and which are allowed.
    enum Kind {
        case text
        /// Never shown.
        case secret
        case choice([String])
        case integer(ClosedRange<Int>)
        case number(ClosedRange<Double>)
        /// True or false.
        case flag
    }

    struct Definition {
        let kind: Kind
        /// What holds when nothing is said; nil: nothing.
        let value: ConfigContent?
        /// One line for `hearth config` and the help of the flag.
        let help: String

        init(_ kind: Kind, _ help: String, default value: ConfigContent? = nil) {
            self.kind = kind
            self.value = value
            self.help = help
        }

        /// A text; nil: nothing holds when nothing is said.
        static func text(_ help: String, default value: String? = nil) -> Definition {
            Definition(.text, help, default: value.map { .string($0) })
        }

        /// A whole number.
        static func integer(_ range: ClosedRange<Int>, _ help: String, default value: Int) -> Definition {
            Definition(.integer(range), help, default: .int(value))
        }

        /// True or false.
        static func flag(_ help: String, default value: Bool) -> Definition {
            Definition(.flag, help, default: .bool(value))
        }
    }

    var definition: Definition {
        switch self {
        case .data: .text("Folder that holds everything: database, pictures, caches.", default: "hearth-data")
        case .host: .text("Address to listen on; any but a loopback one needs an API key.", default: "127.0.0.1")
        case .port: .integer(0...65_535, "Port to listen on; 0 takes a free one.", default: 8_420)
        case .models: .text("Folders with model folders in them, separated by colons.")
        case .anchorModel: .text("Id of the model that embeds anchors.", default: "scatter")
        case .productModel: .text("Id of the model that embeds pictures of products; absent: that of anchors.")
        case .textModel: .text("Id of the model that embeds texts; absent: the first one that reads them.")
        case .bestModels:
            .flag("Whether the best models that are here serve where no setting names one.", default: false)
        case .precision: Definition(.choice(["auto", "f32", "bf16"]), "auto, f32 or bf16.", default: .string("auto"))
        case .apiKey: Definition(.secret, "Key that every request must show.")
        case .allowedHosts: .text("Names that browsers may call this server by, separated by commas.")
        case .allowNonCommercial: .flag("Whether models with a non-commercial licence may load.", default: false)
        case .logLevel:
            Definition(
                .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
                "trace, debug, info, notice, warning, error or critical.", default: .string("info"))
        case .logFormat:
            Definition(
                .choice(LogFormat.allCases.map(\.rawValue)), "text, or json: one JSON object a line.",
                default: .string(LogFormat.text.rawValue))
        case .localPages:
            .flag("Whether pages of other ports of this machine may call, and read the answers.", default: true)
        case .fetchUrls:
            .flag("Whether to fetch pictures from URLs that clients send, from the internet only.", default: false)
        case .worker: .flag("Whether to run a worker on this machine.", default: true)
        case .recycleJobs:
            .integer(
                0...Int.max, "Jobs after which the worker is replaced by a fresh one; 0: never.", default: 100_000)
        case .workerMemory:
            .integer(0...Int.max >> 20, "Resident MB above which the worker is replaced; 0: never.", default: 4_096)
        case .keepAlive: .text("How long models stay in memory without a call: clip=5m,other=pinned.")
        case .modelMemory:
            .integer(
                0...Int.max >> 20, "MB for all models that come and go; 0: half of the machine's memory.", default: 0)
        case .modelMirror: .text("Base address that models are downloaded from in place of their own.")
        case .offline: .flag("Whether `hearth models pull` must not use the network.", default: false)
        case .comfyui: .text("Addresses of ComfyUI servers that make pictures and videos, separated by commas.")
        case .imageGenerator:
            .text("Generator of pictures when a request names none.", default: BuiltInGenerators.defaults[.image])
        case .videoGenerator:
            .text("Generator of videos when a request names none.", default: BuiltInGenerators.defaults[.video])
        case .immichWithoutKey:
            .flag("Whether /ping and /predict answer without the API key, which Immich cannot send.", default: false)
        case .productsInterval:
            .integer(
                10...86_400, "Seconds between two searches for products without a current embedding.", default: 60)
        case .productsRate:
            Definition(.number(0...1e9), "Products a second then, at most; 0: as many as can be.", default: .double(0))
        case .jwtSecret: Definition(.secret, "Secret that tokens are signed by with HS256; absent: none are.")
        case .jwtKeys: .text("JWKS file with the keys that tokens are signed by with RS256 or ES256.")
        case .jwtIssuer: .text("What `iss` of a token must be; absent: anything.")
        case .jwtAudience: .text("What `aud` of a token must have in it.", default: "hearth")
        case .jwtTenantClaim: .text("Claim of a token with the name of the tenant.", default: "tenant")
        case .jwtPermissionClaim:
            .text("Claim of a token with read, write or admin, alone or among other words.", default: "permission")
        case .tlsCertificate:
            .text("PEM file with the certificate of the server and those that vouch for it: serves https.")
        case .tlsKey: .text("PEM file with the private key of the certificate, without a password.")
        case .masterKey:
            Definition(
                .secret, "Key that wraps the keys of sealed data; absent: the file keys/master.key of the data folder.")
        case .url: .text("Address of the server that commands talk to; absent: that of the data folder.")
        case .mcpFolders:
            .text(
                "Folders whose pictures language models may name by path, separated by colons; absent: the user's "
                    + "Pictures, Downloads and Desktop.")
        case .caFile:
            .text("PEM file with certificates that commands trust besides those of the system, as curl's --cacert.")
        }
    }

    /// Whether it can be set on the command line. A secret cannot: the flags of a process can be read by other users of
    /// the machine.
    var hasFlag: Bool { !isSecret }

    /// As it is written on the command line: `--anchor-model`.
    var flag: String { "--\(words.joined(separator: "-"))" }

    /// As it is written in the environment: `HEARTH_ANCHOR_MODEL`.
    var variable: String { "HEARTH_\(words.joined(separator: "_").uppercased())" }

    /// Variables of this kind of name that are no settings: the file of settings, the place of the built-in models,
    /// what tests find their pictures by, and the key that a rotation goes to.
    private static let otherVariables: Set<String> = [
        "HEARTH_CONFIG", "HEARTH_BUILT_IN_MODELS", "HEARTH_SHARED", "HEARTH_NEW_MASTER_KEY",
    ]

    /// The names in an environment that look like settings and are none; they were meant to have an effect.
    static func unknownVariables(in environment: [String: String]) -> [String] {
        let known = Set(allCases.map(\.variable)).union(otherVariables)
        return environment.keys.filter { $0.hasPrefix("HEARTH_") && !known.contains($0) }.sorted()
    }

    var isSecret: Bool {
        if case .secret = definition.kind { true } else { false }
    }

    private var words: [String] {
        rawValue.reduce(into: [""]) { words, letter in
            if letter.isUppercase { words.append("") }
            words[words.count - 1] += letter.lowercased()
        }
    }
}

extension Setting.Kind {
    /// What is allowed, for error messages.
    var allowed: String {
        switch self {
        case .text, .secret: "a text"
        case .choice(let words): "one of \(words.joined(separator: ", "))"
        case .integer(let range) where range.upperBound >= Int.max >> 20: "a whole number from \(range.lowerBound)"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(range.lowerBound)"
        case .flag: "true or false"
        }
    }

    func allows(_ content: ConfigContent) -> Bool {
        switch (self, content) {
        case (.text, .string), (.secret, .string), (.flag, .bool): true
        case (.choice(let words), .string(let word)): words.contains(word)
        case (.integer(let range), .int(let number)): range.contains(number)
        case (.number(let range), .double(let number)): range.contains(number)
        default: false
        }
    }
}

import Foundation
import HearthAssembly
import HearthCore
import HearthDoors
import HearthJSON
import HearthModelLibrary
import HearthSQLite
import Logging

extension SetupCheck {
    static let variables = SetupCheck(name: "settings") { setup in
        let unknown = setup.settings.unknownVariables
        guard let first = unknown.first else { return .good("every HEARTH_ variable is known") }
        let near = NearestName.of(first, among: Setting.allCases.map(\.variable))
        let verb = unknown.count == 1 ? "is no setting and has" : "are no settings and have"
        return .doubtful(
            "\(unknown.joined(separator: ", ")) \(verb) no effect.",
            fix: near.map { "Did you mean \($0)?" } ?? "`hearth config` lists the settings.")
    }

    static let worker = SetupCheck(name: "worker program") { setup in
        guard setup.settings.runsWorker else { return .good("not needed: HEARTH_WORKER=false") }
        return .good(try ProgramFiles.worker())
    }

    static let builtInModels = SetupCheck(name: "built-in models") { setup in
        guard setup.settings.runsWorker else { return .good("not needed: HEARTH_WORKER=false") }
        return .good(try BuiltInModels.folder())
    }

    static let modelFolders = SetupCheck(name: "model folders") { setup in
        let roots = setup.settings.modelRoots
        let missing = roots.filter { !NamedFile.isFolder($0) }
        guard missing.isEmpty else {
            return .doubtful(
                "There is no folder \(missing.joined(separator: ", ")), so that no models come from it.",
                fix: "Correct --models or HEARTH_MODELS.")
        }
        return .good(roots.isEmpty ? "the data folder's own" : roots.joined(separator: ", "))
    }

    static let models = SetupCheck(name: "models") { setup in
        guard setup.settings.runsWorker else { return .good("not needed: HEARTH_WORKER=false") }
        let named = NamedModels(setup.settings, builtIn: try BuiltInModels.folder())
        try named.check()
        return .good(named.text)
    }

    static let generators = SetupCheck(name: "generators") { setup in
        let settings = setup.settings
        let defaults = try settings.defaultGenerators(among: settings.generatorDescriptions())
        let kinds = OutputKind.allCases.compactMap { kind in defaults[kind].map { "\($0) for \(kind.rawValue)s" } }
        let servers = settings.comfyUIServers
        let comfyUI = servers.isEmpty ? "no ComfyUI server is set" : "comfyui at \(servers.joined(separator: ", "))"
        return .good("\(kinds.joined(separator: ", ")); \(comfyUI)")
    }

    static let credentials = SetupCheck(name: "certificates") { setup in
        let read = try await Credentials(setup.settings, logger: Logger(label: "hearth"))
        let parts = [read.tls == nil ? nil : "https", read.tokens == nil ? nil : "tokens"].compactMap { $0 }
        return .good(parts.isEmpty ? "none are set" : "readable, for \(parts.joined(separator: " and "))")
    }

    /// A server that other machines can reach must know who calls, by a key that cannot be guessed.
    static let access = SetupCheck(name: "access") { setup in
        let settings = setup.settings
        if let key = settings.apiKey { try SettingsKey.check(key) }
        guard !OriginRule.isLoopback(settings.host) else { return .good("\(settings.host), this machine only") }
        let hasKey = try settings.apiKey != nil || settings.tokens != nil || FolderKeys(settings.folder).hasUsableKey()
        guard hasKey else {
            throw HearthError(
                .invalidConfiguration,
                "The address \(settings.host) can be reached by others, and there is no API key.",
                hint: "Make one by `hearth keys create first --permission admin`, set HEARTH_API_KEY or "
                    + "HEARTH_JWT_KEYS, or listen on 127.0.0.1.")
        }
        guard try settings.certificate() != nil else {
            return .doubtful(
                "Keys cross the network as plain text: no TLS certificate is set.",
                fix: "Set HEARTH_TLS_CERTIFICATE and HEARTH_TLS_KEY, or let a proxy end TLS before the server.")
        }
        return .good("\(settings.host), by keys over TLS")
    }

    static let folder = SetupCheck(name: "data folder") { setup in
        let (folder, state) = (setup.settings.folder, FolderState(setup.settings.folder))
        try folder.requireShortPath()
        try state.requireWritable()
        if state.isInUse {
            guard setup.isRunning else {
                throw HearthError(
                    .conflict, "The data folder \(folder.path) is in use by \(state.holder).",
                    hint: "Stop that server first, or choose another folder by --data.")
            }
            return .good("\(folder.path), in use by its server (\(state.holder))")
        }
        guard state.exists else { return .good("\(folder.path), made at the first start") }
        try FolderKeys(folder).requireKnownSchema()
        return .good(folder.path)
    }

    /// A server without its master key answers everything but what is sealed.
    static let sealing = SetupCheck(name: "sealed data") { setup in
        let files = try setup.settings.masterKeyFiles()
        if let trouble = try FolderKeys(setup.settings.folder).sealTrouble(with: files) {
            return .doubtful("Sealed data cannot be read. \(trouble.message)", fix: trouble.hint)
        }
        do throws(HearthError) {
            guard try files.first() != nil else { return .good("no master key yet; the first seal makes it") }
        } catch {
            return .doubtful(error.message, fix: error.hint)
        }
        return .good(files.given.isEmpty ? "the master key is \(files.path)" : "the master key is a setting")
    }

    static let address = SetupCheck(name: "address") { setup in
        let (host, port) = (setup.settings.host, setup.settings.port)
        if setup.isRunning, let url = setup.settings.note?.url, URL(string: url)?.port == port {
            return .good("\(url), taken by the data folder's own server")
        }
        do {
            try ListenAddress.check(host: host, port: port)
        } catch let error as HearthError {
            throw await ListenAddress.explained(error, host: host, port: port, url: setup.settings.url)
        }
        return .good(port == 0 ? "\(host), a free port" : "\(host):\(port) is free")
    }
}

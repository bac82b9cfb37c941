import Configuration
import Foundation
import HearthCore
import HearthInference
import HearthJWT
import HearthLocalFiles
import HearthModelLibrary
import HearthProducts
import SystemPackage

/// The settings of a server, resolved and checked.
struct Settings {
    /// Where a value comes from.
    enum Source: String {
        case flag, variable, file, `default`, unset
        /// Hearth has taken the best of the models that are here.
        case choice
    }

    private var values: [Setting: (content: ConfigContent?, source: Source)]
    /// Variables that look like settings and have no effect.
    let unknownVariables: [String]

    /// Resolves each setting: flag, then `HEARTH_…` variable, then file, then default.
    /// - Parameter file: see ``SettingsFile``; nil: the one that `HEARTH_CONFIG` names, or none.
    /// - Throws: ``HearthError`` `invalid_configuration`; a secret is in no message.
    static func resolve(
        flags: [Setting: ConfigContent], file: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws -> Settings {
        let variables = EnvironmentVariablesProvider(
            environmentVariables: environment,
            secretsSpecifier: .specific(Set(Setting.allCases.filter(\.isSecret).map(\.variable)))
        ).prefixKeys(with: "hearth")
        var providers: [(source: Source, provider: any ConfigProvider)] = [
            (.flag, provider("flags", flags)), (.variable, variables),
        ]
        if let file = file ?? ConfigReader(provider: variables).string(forKey: "config") {
            providers.append((.file, try await provider(file)))
        }
        let defaults = Setting.allCases.compactMap { setting in setting.definition.value.map { (setting, $0) } }
        providers.append((.default, provider("defaults", Dictionary(uniqueKeysWithValues: defaults))))
        let sources = SettingSources(providers.map(\.source))
        let reader = ConfigReader(providers: providers.map(\.provider), accessReporter: sources)
        var values: [Setting: (content: ConfigContent?, source: Source)] = [:]
        for setting in Setting.allCases {
            let content = try await read(setting, reader, sources)
            values[setting] = (content, content == nil ? .unset : sources.source(of: setting))
        }
        let settings = Settings(values: values, unknownVariables: Setting.unknownVariables(in: environment))
        _ = try ResidencyPolicy(text: settings.text(.keepAlive))
        return settings
    }

    private static func provider(_ name: String, _ contents: [Setting: ConfigContent]) -> InMemoryProvider {
        let values = contents.map { setting, content in
            (AbsoluteConfigKey([setting.rawValue]), ConfigValue(content, isSecret: setting.isSecret))
        }
        return InMemoryProvider(name: name, values: Dictionary(uniqueKeysWithValues: values))
    }

    private static func provider(_ file: String) async throws -> FileProvider<SettingsFile> {
        let secrets = Set(Setting.allCases.filter(\.isSecret).map(\.rawValue))
        do {
            _ = try NamedFile.read(file)
            return try await FileProvider(
                parsingOptions: .init(secretsSpecifier: .specific(secrets)), filePath: FilePath(file))
        } catch {
            let reason = (error as? HearthError)?.message ?? "It cannot be read: \(SystemError.reason(error))."
            let hint =
                (error as? HearthError)?.hint
                ?? "It holds a JSON object, for example {\"port\": 8421}; `hearth config` lists the keys."
            throw HearthError(
                .invalidConfiguration, "The settings file \(file) cannot be used. \(reason)", hint: hint, cause: error)
        }
    }

    /// The value of one setting, checked.
    private static func read(
        _ setting: Setting, _ reader: ConfigReader, _ sources: SettingSources
    ) async throws -> ConfigContent? {
        let (key, kind) = (ConfigKey([setting.rawValue]), setting.definition.kind)
        do {
            let content: ConfigContent? =
                switch kind {
                case .text, .choice: try await reader.fetchString(forKey: key).map { .string($0) }
                case .secret: try await reader.fetchString(forKey: key, isSecret: true).map { .string($0) }
                case .integer: try await reader.fetchInt(forKey: key).map { .int($0) }
                case .number: try await reader.fetchDouble(forKey: key).map { .double($0) }
                case .flag: try await reader.fetchBool(forKey: key).map { .bool($0) }
                }
            guard let content else { return nil }
            guard kind.allows(content) else {
                throw HearthError(.invalidConfiguration, "`\(content.text)` is not allowed.")
            }
            return content
        } catch {
            let reason = (error as? HearthError).map { " \($0.message)" } ?? ""
            throw HearthError(
                .invalidConfiguration, "The setting `\(setting.rawValue)` must be \(kind.allowed).\(reason)",
                hint: "Its value comes from the \(sources.source(of: setting).rawValue).", cause: error)
        }
    }

    /// The value of a setting as a text, and where it comes from.
    subscript(setting: Setting) -> (value: String?, source: Source) {
        let value = values[setting]
        return (value?.content?.text, value?.source ?? .unset)
    }

    func text(_ setting: Setting) -> String { self[setting].value ?? "" }

    private func integer(_ setting: Setting) -> Int {
        if case .int(let number)? = values[setting]?.content { number } else { 0 }
    }

    private func isOn(_ setting: Setting) -> Bool { values[setting]?.content == .bool(true) }

    func list(_ setting: Setting, separator: Swift.Character) -> [String] {
        text(setting).split(separator: separator).map { $0.trimmingCharacters(in: .whitespaces) }
    }

    var folder: DataFolder { DataFolder(text(.data)) }
    var host: String { text(.host) }
    var port: Int { integer(.port) }
    var apiKey: Secret? { given(.apiKey).map { Secret($0) } }
    var admitsLocalPages: Bool { isOn(.localPages) }
    var allowedHosts: [String] { list(.allowedHosts, separator: ",") }
    var logLevel: String { text(.logLevel) }
    var logFormat: LogFormat { LogFormat(rawValue: text(.logFormat)) ?? .text }
    var fetchesURLs: Bool { isOn(.fetchUrls) }
    var runsWorker: Bool { isOn(.worker) }
    var recycleJobs: Int { integer(.recycleJobs) }
    var workerMemoryBytes: Int { integer(.workerMemory) << 20 }
    /// Bytes for all models that come and go.
    var modelMemoryBytes: Int {
        let megabytes = integer(.modelMemory)
        return megabytes > 0 ? megabytes << 20 : Int(ProcessInfo.processInfo.physicalMemory / 2)
    }
    var allowsNonCommercial: Bool { isOn(.allowNonCommercial) }
    var usesBestModels: Bool { isOn(.bestModels) }
    var admitsImmich: Bool { isOn(.immichWithoutKey) }
    var isOffline: Bool { isOn(.offline) }
    /// How products without a current embedding are looked after.
    var productUpkeep: Products.Upkeep {
        var rate: Double?
        if case .double(let number)? = values[.productsRate]?.content, number > 0 { rate = number }
        return Products.Upkeep(interval: .seconds(integer(.productsInterval)), rate: rate)
    }
    /// Where commands find the server: the address that is set, else that of the data folder's server, if one runs.
    var clientURL: String { given(.url) ?? note?.url ?? url }

    /// Where a client on this machine finds the server of these settings.
    var url: String { url(at: port) }

    /// The same, when the server has taken another port.
    func url(at port: Int) -> String {
        url(of: Self.reachable(host, isEncrypted: given(.tlsCertificate) != nil), port: port)
    }

    /// The address of the server by one of the machine's addresses or names.
    func url(of host: String, port: Int) -> String {
        let scheme = given(.tlsCertificate) == nil ? "http" : "https"
        return "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    /// A server that listens on every address is called by that of this machine: by its name where a certificate must
    /// be for it.
    private static func reachable(_ host: String, isEncrypted: Bool) -> String {
        switch host {
        case "0.0.0.0": isEncrypted ? "localhost" : "127.0.0.1"
        case "::": isEncrypted ? "localhost" : "::1"
        default: host
        }
    }

    /// PEM file with certificates that commands trust besides those of the system, whichever server they talk to.
    var caFile: String? { given(.caFile) }

    /// The same for the server that is meant: the one that is set, else the one
    /// that the data folder's own server shows, when that is the server that is meant.
    var trustedFile: String? { caFile ?? (given(.url) == nil ? note?.certificate : nil) }

    /// Which tokens are accepted; nil: none.
    var tokens: JWTVerifier.Settings? {
        let (secret, keys) = (given(.jwtSecret), given(.jwtKeys))
        guard secret != nil || keys != nil else { return nil }
        return JWTVerifier.Settings(
            secret: secret.map { Secret($0) }, keyFile: keys, issuer: given(.jwtIssuer), audience: text(.jwtAudience),
            tenantClaim: text(.jwtTenantClaim), permissionClaim: text(.jwtPermissionClaim))
    }

    /// Where the master keys of sealed data are.
    /// - Throws: ``HearthError`` `invalid_configuration` when the setting holds none.
    func masterKeyFiles() throws(HearthError) -> MasterKeyFiles {
        guard let text = given(.masterKey) else { return MasterKeyFiles(folder: folder.keys) }
        return MasterKeyFiles(
            given: [try MasterKey(Secret(text), from: Setting.masterKey.variable)], folder: folder.keys)
    }

    /// The files by which https is served; nil: http is.
    /// - Throws: ``HearthError`` `invalid_configuration` when one of the two is missing.
    func certificate() throws(HearthError) -> (certificate: String, key: String)? {
        switch (given(.tlsCertificate), given(.tlsKey)) {
        case (let certificate?, let key?): return (certificate, key)
        case (nil, nil): return nil
        case (let certificate, _):
            throw HearthError(
                .invalidConfiguration, "TLS needs a certificate and its key, and only one of them is set.",
                hint: "Set \((certificate == nil ? Setting.tlsCertificate : .tlsKey).variable) as well.")
        }
    }

    /// The text of a setting; nil when it is absent or empty.
    func given(_ setting: Setting) -> String? { self[setting].value.flatMap { $0.isEmpty ? nil : $0 } }

    /// What the server of the data folder says of itself; nil while none runs.
    var note: ServerNote? { ServerNote.read(in: folder) }

    /// Where models are looked for beside the data folder.
    var modelRoots: [String] {
        list(.models, separator: ":").map { URL(fileURLWithPath: $0).standardizedFileURL.path }
    }

    /// The folder of the user that this process belongs to.
    static var home: String { FileManager.default.homeDirectoryForCurrentUser.path }

    /// Folders whose pictures language models may name by path.
    var mcpFolders: [String] {
        guard given(.mcpFolders) != nil else {
            return UserFolders.pictures(home: Self.home, environment: ProcessInfo.processInfo.environment)
        }
        return list(.mcpFolders, separator: ":").filter { !$0.isEmpty }
    }

    /// What reads pictures of this machine for language models.
    func pictureFolders(_ threads: BlockingThreads) -> PictureFolders {
        PictureFolders(folders: mcpFolders, inbox: folder.inbox, home: Self.home, threads: threads)
    }

    /// Whether clients find the server by https.
    var isEncrypted: Bool { given(.tlsCertificate) != nil }

    /// The address that is set, when one is: commands look for no other server then.
    var givenURL: String? { given(.url) }

    /// These settings with more folders of models.
    func adding(modelRoots roots: [String]) -> Settings {
        let missing = roots.filter { !modelRoots.contains($0) }
        guard !missing.isEmpty else { return self }
        var settings = self
        settings.values[.models] = (.string((modelRoots + missing).joined(separator: ":")), self[.models].source)
        return settings
    }

    /// These settings with the models of a choice where they name none.
    func taking(_ choice: ModelChoice) -> Settings {
        var settings = self
        let chosen: [(Setting, String?)] = [
            (.anchorModel, choice.characters.id), (.productModel, choice.products.id),
            (.textModel, choice.texts?.id),
        ]
        for (setting, id) in chosen {
            guard [.default, .unset].contains(self[setting].source), let id else { continue }
            settings.values[setting] = (.string(id), .choice)
        }
        return settings
    }

    /// What a worker of this server is told.
    /// - Parameters:
    ///   - server: Identifies this start of the server; nil: the process does not work for one.
    ///   - group: The models that it is for; nil: those that are always in memory.
    func worker(
        _ id: String, of server: String? = nil, role: WorkerRole = .inference, group: String? = nil
    ) -> WorkerSettings {
        WorkerSettings(
            worker: id, server: server, role: role, dataFolder: folder.path,
            modelRoots: modelRoots, anchorModel: self[.anchorModel].source == .default ? nil : text(.anchorModel),
            productModel: given(.productModel), textModel: self[.textModel].value, precision: text(.precision),
            allowsNonCommercial: allowsNonCommercial, keepAlive: text(.keepAlive), comfyUIServers: comfyUIServers,
            group: group, logLevel: logLevel, logFormat: logFormat,
            // Jobs seal what they find. Other workers have no use for it.
            masterKey: server == nil || group != nil ? nil : given(.masterKey).map { Secret($0) })
    }
}

extension ConfigContent {
    /// As it is written in a variable or a file.
    var text: String {
        switch self {
        case .string(let text): text
        case .int(let number): String(number)
        case .double(let number): Int(exactly: number).map(String.init) ?? String(number)
        case .bool(let flag): String(flag)
        default: ""
        }
    }
}

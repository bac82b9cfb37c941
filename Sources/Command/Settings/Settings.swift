import Configuration
import Foundation
import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import HearthModelLibrary
import HearthProducts

/// The settings of a server, resolved and checked.
struct Settings {
    /// Where a value comes from.
    enum Source: String {
        case flag, variable, file, `default`, unset
    }

    private let values: [Setting: (value: String?, source: Source)]

    /// Resolves each setting: flag, then `HEARTH_…` variable, then file, then default.
    /// - Parameter file: a JSON object with the settings' names as keys; nil: none.
    /// - Throws: ``HearthError`` `invalid_configuration`.
    static func resolve(
        flags: [Setting: String], file: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws -> Settings {
        let variables = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
        let stored = try stored(in: file ?? environment["HEARTH_CONFIG"])
        var values: [Setting: (value: String?, source: Source)] = [:]
        for setting in Setting.allCases {
            let key = ConfigKey(setting.variable.lowercased().split(separator: "_").map(String.init))
            let candidates: [(String?, Source)] = [
                (flags[setting], .flag),
                (variables.string(forKey: key, isSecret: setting.isSecret), .variable),
                (stored[setting], .file),
                (setting.defaultValue, .default),
            ]
            let chosen = candidates.first { $0.0 != nil }
            values[setting] = (chosen?.0 ?? nil, chosen?.1 ?? .unset)
        }
        let settings = Settings(values: values)
        try settings.check()
        return settings
    }

    /// Reads a settings file; a key that nobody would look at is an error, because it was meant to do something.
    private static func stored(in path: String?) throws -> [Setting: String] {
        guard let path else { return [:] }
        let object: JSONObject?
        do {
            object = try JSONParser.read(try Data(contentsOf: URL(fileURLWithPath: path))).objectValue
        } catch {
            throw refused(path, "cannot be read", cause: error)
        }
        guard let object else { throw refused(path, "is not a JSON object") }
        var values: [Setting: String] = [:]
        for member in object.members {
            guard let setting = Setting(rawValue: member.key) else {
                throw refused(path, "has the unknown key `\(member.key)`")
            }
            switch member.value {
            case .string(let text): values[setting] = text
            case .int(let number): values[setting] = String(number)
            case .bool(let flag): values[setting] = String(flag)
            default: throw refused(path, "has a value of the wrong type for `\(member.key)`")
            }
        }
        return values
    }

    private static func refused(_ path: String, _ problem: String, cause: (any Error)? = nil) -> HearthError {
        let names = Setting.allCases.map(\.rawValue).joined(separator: ", ")
        return HearthError(
            .invalidConfiguration, "The settings file \(path) \(problem).",
            hint: "It holds a JSON object, for example {\"port\": 8421}, with the keys \(names).", cause: cause)
    }

    /// The value of a setting, and where it comes from.
    subscript(setting: Setting) -> (value: String?, source: Source) { values[setting] ?? (nil, .unset) }

    private func text(_ setting: Setting) -> String { self[setting].value ?? "" }

    private func list(_ setting: Setting, separator: Swift.Character) -> [String] {
        text(setting).split(separator: separator).map { $0.trimmingCharacters(in: .whitespaces) }
    }

    var folder: DataFolder { DataFolder(text(.data)) }
    var host: String { text(.host) }
    var port: Int { Int(text(.port)) ?? 8_420 }
    var apiKey: String? { self[.apiKey].value.flatMap { $0.isEmpty ? nil : $0 } }
    var allowedHosts: [String] { list(.allowedHosts, separator: ",") }
    var logLevel: String { text(.logLevel) }
    var fetchesURLs: Bool { text(.fetchUrls) == "true" }
    var runsWorker: Bool { text(.worker) == "true" }
    var recycleJobs: Int { Int(text(.recycleJobs)) ?? 0 }
    var workerMemoryBytes: Int { (Int(text(.workerMemory)) ?? 0) << 20 }
    /// Bytes for all models that come and go.
    var modelMemoryBytes: Int {
        let megabytes = Int(text(.modelMemory)) ?? 0
        return megabytes > 0 ? megabytes << 20 : Int(ProcessInfo.processInfo.physicalMemory / 2)
    }
    var allowsNonCommercial: Bool { text(.allowNonCommercial) == "true" }
    var admitsImmich: Bool { text(.immichWithoutKey) == "true" }
    var isOffline: Bool { text(.offline) == "true" }
    /// How products without a current embedding are looked after.
    var productUpkeep: Products.Upkeep {
        let rate = Double(text(.productsRate)) ?? 0
        return Products.Upkeep(interval: .seconds(Int(text(.productsInterval)) ?? 60), rate: rate > 0 ? rate : nil)
    }
    /// Where a client on this machine finds the server.
    var url: String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// Where the server of the data folder says that it listens; nil while none runs.
    var notedURL: String? {
        (try? Data(contentsOf: URL(fileURLWithPath: folder.serverNote)))
            .flatMap { try? JSONParser.read($0) }?["url"]?.stringValue
    }

    /// What a worker of this server is told.
    /// - Parameter group: The models that it is for; nil: those that are always in memory.
    func worker(_ id: String, group: String? = nil) -> WorkerSettings {
        WorkerSettings(
            worker: id, dataFolder: folder.path,
            modelRoots: list(.models, separator: ":").map { URL(fileURLWithPath: $0).standardizedFileURL.path },
            anchorModel: self[.anchorModel].source == .default ? nil : text(.anchorModel),
            precision: text(.precision), allowsNonCommercial: allowsNonCommercial, keepAlive: text(.keepAlive),
            group: group, logLevel: logLevel)
    }

    private func check() throws {
        try check(.port, "a number from 0 to 65535") { Int($0).map { (0...65_535).contains($0) } ?? false }
        try check(.precision, "auto, f32 or bf16") { ["auto", "f32", "bf16"].contains($0) }
        for setting in [Setting.worker, .allowNonCommercial, .fetchUrls, .offline, .immichWithoutKey] {
            try check(setting, "true or false") { ["true", "false"].contains($0) }
        }
        for setting in [Setting.recycleJobs, .workerMemory, .modelMemory] {
            try check(setting, "a number from 0") { Int($0).map { $0 >= 0 } ?? false }
        }
        _ = try ResidencyPolicy(text: text(.keepAlive))
        try check(.productsInterval, "a number from 10 to 86400") { Int($0).map { (10...86_400).contains($0) } ?? false }
        try check(.productsRate, "a number from 0") { Double($0).map { $0.isFinite && $0 >= 0 } ?? false }
        try check(.logLevel, "trace, debug, info, notice, warning, error or critical") {
            ["trace", "debug", "info", "notice", "warning", "error", "critical"].contains($0)
        }
    }

    private func check(_ setting: Setting, _ allowed: String, _ isValid: (String) -> Bool) throws {
        guard !isValid(text(setting)) else { return }
        throw HearthError(
            .invalidConfiguration, "`\(text(setting))` is not a value of `\(setting.rawValue)`.",
            hint: "Allowed: \(allowed). It comes from \(self[setting].source.rawValue).")
    }
}

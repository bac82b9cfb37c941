import ArgumentParser
import Configuration

/// The flags of commands that start a server.
struct SettingsOptions: ParsableArguments {
    @Option(help: .of(.data)) var data: String?
    @Option(help: .of(.host)) var host: String?
    @Option(help: .of(.port)) var port: Int?
    @Option(help: .of(.models)) var models: String?
    @Option(help: .of(.anchorModel)) var anchorModel: String?
    @Option(help: .of(.textModel)) var textModel: String?
    @Flag(help: .of(.bestModels)) var bestModels = false
    @Option(help: .of(.precision)) var precision: String?
    @Option(help: .of(.keepAlive)) var keepAlive: String?
    @Option(help: .of(.modelMemory)) var modelMemory: Int?
    @Option(help: .of(.logLevel)) var logLevel: String?
    @Option(help: .of(.logFormat)) var logFormat: String?
    @Flag(help: .of(.fetchUrls)) var fetchUrls = false
    @Option(help: "Settings file: a JSON object; `hearth config` lists the names.") var config: String?

    /// The settings with these flags on top.
    func resolve() async throws -> Settings {
        var flags: [Setting: ConfigContent] = [:]
        flags[.data] = data.map { .string($0) }
        flags[.host] = host.map { .string($0) }
        flags[.port] = port.map { .int($0) }
        flags[.models] = models.map { .string($0) }
        flags[.anchorModel] = anchorModel.map { .string($0) }
        flags[.textModel] = textModel.map { .string($0) }
        if bestModels { flags[.bestModels] = .bool(true) }
        flags[.precision] = precision.map { .string($0) }
        flags[.keepAlive] = keepAlive.map { .string($0) }
        flags[.modelMemory] = modelMemory.map { .int($0) }
        flags[.logLevel] = logLevel.map { .string($0) }
        flags[.logFormat] = logFormat.map { .string($0) }
        if fetchUrls { flags[.fetchUrls] = .bool(true) }
        return try await Settings.resolve(flags: flags, file: config)
    }
}

extension ArgumentHelp {
    /// What the help says of a flag that is a setting.
    static func of(_ setting: Setting) -> ArgumentHelp { ArgumentHelp(setting.definition.help) }
}

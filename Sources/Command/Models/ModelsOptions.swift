import ArgumentParser
import Configuration
import HearthCore

/// The flags that the commands about models share.
struct ModelsOptions: ParsableArguments {
    @Option(help: "Folder that holds everything: database, pictures, caches, models.")
    var data: String?
    @Option(help: "More folders with model folders in them, separated by colons.")
    var models: String?
    @Option(help: ArgumentHelp(stringLiteral: Setting.url.definition.help)) var url: String?
    @Option(help: ArgumentHelp(stringLiteral: Setting.caFile.definition.help)) var caFile: String?
    @Option(help: "Settings file: a JSON object; `hearth config` lists the names.")
    var config: String?
    @Flag(help: "Print JSON.")
    var json = false

    func settings() async throws -> Settings {
        var flags: [Setting: ConfigContent] = [:]
        flags[.data] = data.map { .string($0) }
        flags[.models] = models.map { .string($0) }
        flags[.url] = url.map { .string($0) }
        flags[.caFile] = caFile.map { .string($0) }
        return try await Settings.resolve(flags: flags, file: config)
    }

    /// The address of a server that is meant or that has noted itself; nil: none runs, as it seems.
    func address(_ settings: Settings) -> String? {
        settings[.url].value ?? settings.note?.url
    }
}

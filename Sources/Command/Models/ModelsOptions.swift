import ArgumentParser
import Foundation
import HearthCore

/// The flags that the commands about models share.
struct ModelsOptions: ParsableArguments {
    @Option(help: "Folder that holds everything: database, pictures, caches, models.")
    var data: String?
    @Option(help: "More folders with model folders in them, separated by colons.")
    var models: String?
    @Option(help: "Address of the server; HEARTH_URL or the one of the data folder when absent.")
    var url: String?
    @Option(help: "Settings file: a JSON object; `hearth config` lists the names.")
    var config: String?
    @Flag(help: "Print JSON.")
    var json = false

    func settings() async throws -> Settings {
        var flags: [Setting: String] = [:]
        flags[.data] = data
        flags[.models] = models
        return try await Settings.resolve(flags: flags, file: config)
    }

    /// The address of a server that is meant or that has noted itself; nil: none runs, as it seems.
    func address(_ settings: Settings) -> String? {
        url ?? ProcessInfo.processInfo.environment["HEARTH_URL"] ?? settings.notedURL
    }

    /// A client of the server that is meant.
    func client(_ settings: Settings) -> APIClient {
        APIClient(base: address(settings) ?? settings.url, apiKey: settings.apiKey)
    }
}

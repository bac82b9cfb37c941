import ArgumentParser

/// The flags of commands that start a server.
struct SettingsOptions: ParsableArguments {
    @Option(help: "Folder that holds everything: database, pictures, caches.")
    var data: String?
    @Option(help: "Address to listen on; any but a loopback one needs an API key.")
    var host: String?
    @Option(help: "Port to listen on; 0 takes a free one.")
    var port: Int?
    @Option(help: "Folders with model folders in them, separated by colons.")
    var models: String?
    @Option(help: "Id of the image embedder that looks at anchors.")
    var anchorModel: String?
    @Option(help: "auto, f32 or bf16.")
    var precision: String?
    @Option(help: "How long models stay in memory without a call: clip=5m,other=pinned.")
    var keepAlive: String?
    @Option(help: "MB for all models that come and go; 0: half of the machine's memory.")
    var modelMemory: Int?
    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?
    @Flag(help: "Fetch pictures from URLs that clients send, from the internet only.")
    var fetchUrls = false
    @Option(help: "Settings file: a JSON object; `hearth config` lists the names.")
    var config: String?

    /// The settings with these flags on top.
    func resolve() async throws -> Settings {
        var flags: [Setting: String] = [:]
        flags[.data] = data
        flags[.host] = host
        flags[.port] = port.map(String.init)
        flags[.models] = models
        flags[.anchorModel] = anchorModel
        flags[.precision] = precision
        flags[.keepAlive] = keepAlive
        flags[.modelMemory] = modelMemory.map(String.init)
        flags[.logLevel] = logLevel
        if fetchUrls { flags[.fetchUrls] = "true" }
        return try await Settings.resolve(flags: flags, file: config)
    }
}

import ArgumentParser
import Configuration
import HearthCore
import HearthJSON

/// The flags of commands that talk to a running server.
struct ClientOptions: ParsableArguments {
    @Option(help: ArgumentHelp(stringLiteral: Setting.url.definition.help)) var url: String?
    @Option(help: "Data folder whose server is meant.") var data: String?
    @Option(help: ArgumentHelp(stringLiteral: Setting.caFile.definition.help)) var caFile: String?
    @Flag(help: "Print JSON.")
    var json = false

    /// A client of the server that is meant.
    /// - Throws: ``HearthError`` `storage_unavailable` when a data folder is named that has no server: another server
    ///   of this machine is not meant then.
    func client() async throws -> APIClient {
        let settings = try await settings()
        if let data, settings.given(.url) == nil, settings.note == nil {
            throw HearthError(
                .storageUnavailable, "No server runs for the data folder \(data).",
                hint: "Start it with `hearth serve --data \(data)`, or name a server with --url."
                    + (RunningServer.advice(RunningServer.all()).map { " \($0)" } ?? ""))
        }
        return try settings.client()
    }

    /// The settings with these flags on top.
    func settings() async throws -> Settings {
        var flags: [Setting: ConfigContent] = [:]
        flags[.data] = data.map { .string($0) }
        flags[.url] = url.map { .string($0) }
        flags[.caFile] = caFile.map { .string($0) }
        return try await Settings.resolve(flags: flags)
    }

    /// Prints JSON when asked to, else what `text` makes of it.
    func show(_ value: JSONValue, _ text: (JSONValue) -> Void) {
        if json { Terminal.json(value) } else { text(value) }
    }
}

extension Settings {
    /// A client of the server that is meant.
    /// - Throws: as ``APIClient/init(base:apiKey:peer:caFile:)``.
    func client() throws -> APIClient { try APIClient(base: clientURL, apiKey: apiKey, caFile: trustedFile) }
}

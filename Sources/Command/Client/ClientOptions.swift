import ArgumentParser
import Configuration
import HearthCore
import HearthJSON

/// The flags of commands that talk to a running server.
struct ClientOptions: ParsableArguments {
    @Option(help: ArgumentHelp(stringLiteral: Setting.url.definition.help)) var url: String?
    @Option(help: "Data folder whose server is meant.") var data: String?
    @Flag(help: "Print JSON.")
    var json = false

    /// A client of the server that is meant.
    func client() async throws -> APIClient {
        var flags: [Setting: ConfigContent] = [:]
        flags[.data] = data.map { .string($0) }
        flags[.url] = url.map { .string($0) }
        let settings = try await Settings.resolve(flags: flags)
        return APIClient(base: settings.clientURL, apiKey: settings.apiKey)
    }

    /// Prints JSON when asked to, else what `text` makes of it.
    func show(_ value: JSONValue, _ text: (JSONValue) -> Void) {
        if json { Terminal.json(value) } else { text(value) }
    }
}

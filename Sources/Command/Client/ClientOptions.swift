import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// The flags of commands that talk to a running server.
struct ClientOptions: ParsableArguments {
    @Option(help: "Address of the server; HEARTH_URL or the one of the data folder when absent.")
    var url: String?
    @Option(help: "Data folder whose server is meant.")
    var data: String?
    @Flag(help: "Print JSON.")
    var json = false

    /// A client of the server that is meant.
    func client() async throws -> APIClient {
        let environment = ProcessInfo.processInfo.environment
        let settings = try await Settings.resolve(flags: data.map { [.data: $0] } ?? [:])
        return APIClient(
            base: url ?? environment["HEARTH_URL"] ?? settings.notedURL ?? settings.url, apiKey: settings.apiKey)
    }

    /// Prints JSON when asked to, else what `text` makes of it.
    func show(_ value: JSONValue, _ text: (JSONValue) -> Void) {
        if json { Terminal.line(value.encodedText()) } else { text(value) }
    }
}

import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// `hearth models load`
struct ModelsLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Load a model into the running server's worker.",
        discussion: "  hearth models load siglip-base-patch16-224 --keep-alive 30m")

    @Argument(help: "Id of the model.") var id: String
    @Option(help: "How long it stays without a call: 5m, 90s, pinned.") var keepAlive: String?
    @OptionGroup var options: ModelsOptions

    func run() async throws {
        if let keepAlive, KeepAlive(keepAlive) == nil {
            throw HearthError(.invalidRequest, "`\(keepAlive)` is no duration.", hint: "Allowed: pinned, 90s, 5m, 24h.")
        }
        var body: JSONValue = [:]
        if let keepAlive { body["keep_alive"] = .string(keepAlive) }
        let reply = try await ModelsResidency.send("load", id, body, options)
        if options.json { return Terminal.line(reply.encodedText()) }
        Terminal.line("\(id) is \(reply["state"]?.stringValue ?? "loaded").")
    }
}

/// `hearth models unload`
struct ModelsUnload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unload", abstract: "Let a model leave the running server's memory; its folder stays.")

    @Argument(help: "Id of the model.") var id: String
    @OptionGroup var options: ModelsOptions

    func run() async throws {
        let reply = try await ModelsResidency.send("unload", id, [:], options)
        if options.json { return Terminal.line(reply.encodedText()) }
        Terminal.line("\(id) is \(reply["state"]?.stringValue ?? "unloaded").")
    }
}

/// What `load` and `unload` share.
enum ModelsResidency {
    /// Loading compiles the weights: a large model takes its time.
    private static let timeout: Duration = .seconds(300)

    static func send(
        _ verb: String, _ id: String, _ body: JSONValue, _ options: ModelsOptions
    ) async throws -> JSONValue {
        guard let name = id.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed), !id.contains("/") else {
            throw HearthError(.invalidRequest, "`\(id)` is no id of a model.", hint: "`hearth models list` shows them.")
        }
        let settings = try await options.settings()
        return try await options.client(settings).send(
            .post, "/api/models/\(name)/\(verb)", body: .json(body), timeout: timeout)
    }
}

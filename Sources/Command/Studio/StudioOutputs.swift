import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// `hearth studio outputs`
struct StudioOutputs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outputs", abstract: "List pictures and videos that were made, newest first.")

    @Option(help: "Identifier or name of a project.") var project: String?
    @Option(help: "image or video.") var kind: String?
    @Option(help: "Only outputs of this style.") var style: String?
    @Option(help: "pending, in_progress, completed, failed or cancelled.") var status: String?
    @Option(help: "How many at most.") var limit: Int = 20
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try await options.client()
        let page = try await client.send(
            .get, "/api/anime/outputs",
            query: [
                "project": project, "kind": kind, "style_preset": style, "status": status, "limit": String(limit),
            ])
        options.show(page) { page in
            for output in page["items"]?.arrayValue ?? [] {
                let prompt = output["recipe"]?["prompt"]?.stringValue ?? ""
                Terminal.line(
                    (output["output_id"]?.stringValue ?? "").padded(to: 38)
                        + (output["status"]?.stringValue ?? "").padded(to: 13)
                        + (output["style_preset"]?.stringValue ?? "").padded(to: 16) + String(prompt.prefix(48)))
            }
        }
    }
}

/// `hearth studio open`
struct StudioOpen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open", abstract: "Show an output, the newest one when none is named.")

    @Argument(help: "Identifier of the output.") var output: String?
    @Flag(help: "Only print where the file is.") var printOnly = false
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let settings = try await options.settings()
        let client = try settings.client()
        var id = output
        if id == nil {
            let newest = try await client.send(
                .get, "/api/anime/outputs", query: ["status": "completed", "limit": "1"])
            id = newest["items"]?[0]?["output_id"]?.stringValue
        }
        guard let id else {
            throw HearthError(.notFound, "There are no outputs yet.", hint: "Make one: hearth studio generate \"…\"")
        }
        let made = try await client.send(.get, "/api/anime/outputs/\(id)")
        guard made["file"] != nil else {
            throw HearthError(
                .conflict, "The output has no file: it is \(made["status"]?.stringValue ?? "unknown").",
                hint: made["failure"]?.stringValue)
        }
        let file = LocalOutput(made, settings)
        Terminal.line(file.path ?? file.url)
        if !printOnly { try file.open() }
    }
}

/// `hearth studio reindex`
struct StudioReindex: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reindex",
        abstract: "Make rows again of pictures and outputs whose files lie in the data folder.",
        discussion: """
            For a data folder whose database was lost, and for projects that were unpacked into it. Its server \
            must run: hearth serve --data FOLDER.

              unzip woods.zip 'projects/*' -d FOLDER && hearth studio reindex --data FOLDER

            Files of other tenants are left out, because they may come from another server. With --all-tenants each \
            of them belongs to its tenant again: for a database that was lost.
            """)

    @Flag(help: "Make the rows of every tenant that the files name.") var allTenants = false
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try await options.client()
        let ticket = try await client.call(
            "studio.reindex", allTenants ? ["all_tenants": true] : [:], timeout: .seconds(30))
        guard let id = ticket["job_id"]?.stringValue else { return }
        let job = try await JobProgressView(client: client, json: options.json).follow(id, label: "reindex")
        try JobEnd.requireCompletion(job)
        options.show(job) { job in
            let result = job["result"]
            Terminal.line(
                "Restored \(result?["anchors"]?.integerValue ?? 0) pictures of characters and "
                    + "\(result?["outputs"]?.integerValue ?? 0) outputs; "
                    + "\(result?["refused"]?.integerValue ?? 0) files could not be used.")
            let left = Int(result?["other_tenants"]?.integerValue ?? 0)
            if left > 0 { Terminal.line("\(counted(left, "file")) of other tenants left out; see --all-tenants.") }
        }
    }
}

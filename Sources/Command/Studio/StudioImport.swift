import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// `hearth studio import`
struct StudioImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Add the project of a zip file: pictures of characters, outputs, recipes.",
        discussion: """
            Things keep their identifiers; where the project's belongs to another tenant of the server, they get new \
            ones. The same file once more adds nothing.
            """)

    @Argument(help: "A file of `hearth studio export`.") var file: String
    @Flag(help: "Return when the file has arrived and its list of contents is checked.") var noWait = false
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let handle = try NamedFile.open(file)
        defer { try? handle.close() }
        let bytes = Int(try handle.seekToEnd())
        try handle.seek(toOffset: 0)
        let client = try await options.client()
        let ticket = try await client.send(
            .post, "/api/projects/import", body: .zip(handle, bytes: bytes), timeout: .seconds(3_600))
        guard let id = ticket["job_id"]?.stringValue, !noWait else {
            return options.show(ticket) { Terminal.line("job  \($0["job_id"]?.stringValue ?? "")") }
        }
        let job = try await JobProgressView(client: client, json: options.json).follow(id, label: "import")
        try JobEnd.requireCompletion(job)
        options.show(job) { job in show(job["result"] ?? .null) }
    }

    private func show(_ result: JSONValue) {
        func number(_ name: String) -> Int { Int(result[name]?.integerValue ?? 0) }
        Terminal.line(
            "Added \(counted(number("anchors"), "picture")) of characters and \(counted(number("outputs"), "output")); "
                + "\(number("known")) were there before this attempt.")
        if number("refused") > 0 { Terminal.line("\(counted(number("refused"), "file")) could not be used:") }
        for problem in result["problems"]?.arrayValue ?? [] { Terminal.line("  \(problem.stringValue ?? "")") }
        if number("unknown_files") > 0 {
            Terminal.line("\(counted(number("unknown_files"), "file")) without a recipe left out.")
        }
        Terminal.line("It is the project \(result["project_id"]?.stringValue ?? "?").")
    }
}

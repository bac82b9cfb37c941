import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// `hearth register`
struct RegisterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register", abstract: "Register a picture of a character; both are made when missing.")

    @Argument(help: "The picture.") var image: String
    @Option(help: "The character's name; the file's name when absent.") var name: String?
    @Option(help: "Identifier or name of the project.") var project: String?
    @Option(help: "Which view it is: primary, front, side, back, face, expression, outfit or pose.") var role: String?
    @Flag(help: "Return at once; do not wait until the picture is remembered.") var noWait = false
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try await options.client()
        let file = URL(fileURLWithPath: image)
        let name = name ?? file.deletingPathExtension().lastPathComponent
        let reply = try await client.send(
            .post, "/api/anchors", query: ["name": name, "project": project, "role": role],
            body: .picture(try NamedFile.read(image)))
        options.show(reply) { reply in
            let isNew = reply["is_new"]?.boolValue ?? true
            Terminal.line(isNew ? "Registered \(name)." : "\(name) has this very picture already.")
            Terminal.line("  anchor  \(reply["anchor_id"]?.stringValue ?? "")")
            Terminal.line("  job     \(reply["job_id"]?.stringValue ?? "")")
        }
        guard !noWait, !options.json, let job = reply["job_id"]?.stringValue else { return }
        try JobEnd.requireCompletion(try await JobProgressView(client: client).follow(job, label: name))
    }
}

import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// `hearth characters import`
struct CharactersImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Add the character of a file to a project.",
        discussion: "The same file once more adds nothing.")

    @Argument(help: "A file of `hearth characters export`.") var file: String
    @Option(help: "Name or identifier of the project; made when no project has the name.") var project: String?
    @Option(help: "Another name than the file's.") var name: String?
    @Option(help: "Another handle than the file's.") var handle: String?
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let reply = try await options.client().send(
            .post, "/api/characters/import", query: ["project": project, "name": name, "handle": handle],
            body: .lines(try NamedFile.read(file)), timeout: .seconds(600))
        options.show(reply) { reply in
            let name = reply["name"]?.stringValue ?? "The character"
            let added = Int(reply["added_anchor_count"]?.integerValue ?? 0)
            let pictures = counted(added, "picture")
            let isNew = reply["is_new"]?.boolValue == true
            Terminal.line(
                isNew
                    ? "\(name) was added with \(pictures)."
                    : "\(name) was there already; \(pictures) came with the file.")
            Terminal.line("It is the character \(reply["character_id"]?.stringValue ?? "?").")
        }
    }
}

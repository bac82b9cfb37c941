import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// `hearth call`
struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call", abstract: "Call any operation by its name; without a name, list them.",
        discussion: """
            The names are those of the server, which may be of another version than this program.

              hearth call studio.projects.create '{"name": "Lantern Woods"}'
              hearth call register_character_anchor '{"name": "Mira"}' --file image=mira.jpg
            """)

    @Argument(help: "The operation, for example studio.projects.list.") var operation: String?
    @Argument(help: "Its input as a JSON object.") var input: String = "{}"
    @Option(help: ArgumentHelp("A file that goes with the input; may be repeated.", valueName: "field=path"))
    var file: [String] = []
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try await options.client()
        guard let operation else {
            let list = try await client.send(.get, "/api/operations")
            return options.show(list) { list in
                for entry in list.arrayValue ?? [] {
                    Terminal.line(
                        (entry["name"]?.stringValue ?? "").padded(to: 38) + (entry["summary"]?.stringValue ?? ""))
                }
            }
        }
        guard let object = try JSONParser.read(Data(input.utf8)).objectValue else {
            throw HearthError(
                .invalidRequest, "The input must be a JSON object.", hint: "For example '{\"name\": \"Mira\"}'.")
        }
        let declared = try ServerOperations.declared()
        let known = declared[operation]
        if known == nil, let near = NearestName.of(operation, among: declared.operations.map(\.name)) {
            Terminal.note("This program knows no operation \(operation). Did you mean \(near)?")
        }
        let reply = try await client.call(
            operation, object, files: try files(),
            timeout: (known?.deadline ?? Limits.modelLoad) + OperationCommand.patience)
        Terminal.json(reply)
    }

    private func files() throws -> [(field: String, path: String)] {
        try file.map { word in
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw HearthError(.invalidRequest, "`\(word)` names no file.", hint: "--file image=path/of/picture.jpg")
            }
            return (parts[0], parts[1])
        }
    }
}

import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// `hearth call`
struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call", abstract: "Call any operation by its name; without a name, list them.")

    @Argument(help: "The operation, for example studio.projects.list.") var operation: String?
    @Argument(help: "Its input as a JSON object.") var input: String = "{}"
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
        let value = try JSONParser.read(Data(input.utf8))
        let reply = try await client.send(.post, "/api/operations/\(operation)", body: .json(value))
        Terminal.line(reply.encodedText())
    }
}

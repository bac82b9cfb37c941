import ArgumentParser
import Foundation
import HearthCore

/// `hearth`: the server and its client in one program.
struct RootCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hearth",
        abstract: "Keeps AI models warm for apps that recognise and remember.",
        version: Hearth.version,
        subcommands: [
            ServeCommand.self, DemoCommand.self, RegisterCommand.self, RecallCommand.self, JobsCommand.self,
            ModelsCommand.self, CollectionsCommand.self, ImportCommand.self, ProductsCommand.self, CallCommand.self,
            DoctorCommand.self, ConfigCommand.self,
        ])
}

/// The entry point of the program `hearth`.
package enum HearthProgram {
    /// Parses the command line, runs the command and ends the process with its exit code.
    package static func main() async {
        // A client that hangs up must not end the server.
        signal(SIGPIPE, SIG_IGN)
        do {
            try await run(Array(CommandLine.arguments.dropFirst()))
        } catch let error as HearthError {
            Terminal.error(error)
            Foundation.exit(1)
        } catch {
            RootCommand.exit(withError: error)
        }
    }

    /// Runs the command that a command line means: one of the above, or an operation.
    static func run(_ arguments: [String]) async throws {
        let table = CommandTable(try ServerOperations.declared())
        switch table.meaning(of: arguments) {
        case .byHand:
            var command = try RootCommand.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        case .operation(let operation, let arguments):
            try await OperationCommand(operation: operation).run(arguments)
        case .verbs(let thing):
            Terminal.line("USAGE: hearth \(thing) <verb> …\n\nVERBS:")
            for line in OperationAnswer.aligned(table.verbs(of: thing).map { ["  \($0.verb)", $0.summary] }) {
                Terminal.line(line)
            }
            Terminal.line("\n`hearth \(thing) <verb> --help` shows what a verb takes.")
        case .everything:
            Terminal.line(RootCommand.helpMessage() + "\nOPERATIONS of a running server, as `hearth <thing> <verb>`:")
            for entry in table.overview {
                Terminal.line("  " + entry.thing.padded(to: 26) + entry.verbs.joined(separator: ", "))
            }
        case .unknown(let thing, let verb):
            throw HearthError(
                .notFound, "There is no command `hearth \(thing) \(verb)`.",
                hint: "There are: \(table.verbs(of: thing).map(\.verb).joined(separator: ", ")).")
        }
    }
}

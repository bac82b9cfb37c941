package import ArgumentParser
import Foundation
import HearthCore

/// The entry point of the program `hearth`.
package enum HearthProgram {
    /// Runs `hearth`.
    package static func main() async {
        await endingProcess(of: RootCommand.self) { try await run(Array(CommandLine.arguments.dropFirst())) }
    }

    /// Runs another program whose commands all lie below `root`.
    package static func run(_ root: (some ParsableCommand).Type) async {
        await endingProcess(of: root) { try await run(root, nil) }
    }

    /// Runs the body; an error is shown and ends the process with its exit code.
    private static func endingProcess(
        of root: (some ParsableCommand).Type, _ body: () async throws -> Void
    ) async {
        // A peer that closes its connection must not end the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            try await body()
            ExitCleanup.shared.waitWhileEnding()
        } catch {
            ExitCleanup.shared.waitWhileEnding()
            guard let shown = error as? HearthError ?? SystemError.shown(error) else { root.exit(withError: error) }
            Terminal.error(shown)
            Foundation.exit(1)
        }
    }

    /// - Parameter arguments: Without the program's name; nil: those of the process.
    private static func run(_ root: (some ParsableCommand).Type, _ arguments: [String]? = nil) async throws {
        var command = try root.parseAsRoot(arguments)
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            try command.run()
        }
    }

    /// Runs the command that a command line means: one of the above, or an operation.
    static func run(_ arguments: [String]) async throws {
        if CommandTable.isWholeCommand(arguments.first) { return try await run(RootCommand.self, arguments) }
        let table = CommandTable(try ServerOperations.declared())
        switch table.meaning(of: arguments) {
        case .byHand:
            try await run(RootCommand.self, arguments)
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
            let near = table.verb(like: verb, of: thing).map { "Did you mean `hearth \(thing) \($0)`? " } ?? ""
            throw HearthError(
                .notFound, "There is no command `hearth \(thing) \(verb)`.",
                hint: "\(near)There are: \(table.verbs(of: thing).map(\.verb).joined(separator: ", ")).")
        case .unknownThing(let thing):
            let near = table.thing(like: thing).map { "Did you mean `hearth \($0)`? " } ?? ""
            throw HearthError(
                .notFound, "There is no command `hearth \(thing)`.", hint: "\(near)`hearth --help` lists all.")
        }
    }
}

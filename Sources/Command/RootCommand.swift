package import ArgumentParser
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
            WorkerCommand.self, DoctorCommand.self, ConfigCommand.self,
        ])
}

/// The entry point of the program `hearth`.
package enum HearthProgram {
    /// Runs `hearth`.
    package static func main() async { await run(RootCommand.self) }

    /// Parses the command line, runs the command and ends the process with its exit code.
    /// - Parameter root: the command that all others of the program lie below.
    package static func run(_ root: (some ParsableCommand).Type) async {
        // A peer that closes its connection must not end the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try root.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as HearthError {
            Terminal.error(error)
            Foundation.exit(1)
        } catch {
            root.exit(withError: error)
        }
    }
}

import ArgumentParser
import Foundation
import HearthCommand
import HearthCore

/// `hearth-bench`: all measurements with their bars, or one load on the embedding routes.
@main
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hearth-bench",
        abstract: "Measures this machine with servers of its own, or a server's embeddings.",
        version: Hearth.version, subcommands: [BenchAllCommand.self, BenchEmbedCommand.self],
        defaultSubcommand: BenchAllCommand.self)

    static func main() async {
        // A server that is killed on purpose must not end the measurement.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as HearthError {
            Terminal.error(error)
            Foundation.exit(1)
        } catch {
            exit(withError: error)
        }
    }
}

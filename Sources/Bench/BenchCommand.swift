import ArgumentParser
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

    static func main() async { await HearthProgram.run(Self.self) }
}

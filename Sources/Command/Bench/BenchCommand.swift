import ArgumentParser

/// `hearth bench`: all measurements with their bars, or one load on the embedding doors.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure this machine with servers of its own, or a server's embeddings.",
        subcommands: [BenchAllCommand.self, BenchEmbedCommand.self], defaultSubcommand: BenchAllCommand.self)
}

import ArgumentParser

/// `hearth studio`
struct StudioCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "studio", abstract: "Characters that are remembered: evaluate models on your own pictures.",
        subcommands: [StudioEval.self])
}

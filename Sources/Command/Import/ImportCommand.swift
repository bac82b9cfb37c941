import ArgumentParser

/// `hearth import`
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring data over from other programs.", subcommands: [ImportChroma.self])
}

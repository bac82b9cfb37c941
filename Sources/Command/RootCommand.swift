import ArgumentParser
import HearthCore

/// `hearth`: the server and its client in one program.
struct RootCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hearth",
        abstract: "Keeps AI models warm for apps that recognise and remember.",
        version: Hearth.version,
        subcommands: [
            ServeCommand.self, DemoCommand.self, RegisterCommand.self, RecallCommand.self, JobsCommand.self,
            ModelsCommand.self, CharactersCommand.self, CollectionsCommand.self, ImportCommand.self,
            ProductsCommand.self, StudioCommand.self, CallCommand.self, MCPCommand.self, KeysCommand.self,
            AuditCommand.self, DoctorCommand.self, ConfigCommand.self,
        ])
}

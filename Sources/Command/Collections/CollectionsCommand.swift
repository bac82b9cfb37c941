import ArgumentParser

/// `hearth collections`
struct CollectionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collections", abstract: "Collections of vectors: list, make, fill, save, delete.",
        subcommands: [CollectionsImport.self, CollectionsExport.self])
}

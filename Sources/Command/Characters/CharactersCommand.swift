import ArgumentParser

/// `hearth characters`: what no operation can be, because it reads or writes a file.
struct CharactersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "characters", abstract: "Characters: their names, bibles, pictures and files.",
        subcommands: [CharactersExport.self, CharactersImport.self])
}

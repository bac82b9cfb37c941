import ArgumentParser
import HearthCore
import HearthJSON

/// `hearth characters export`
struct CharactersExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Save a character as one file: bible with its versions, pictures, vectors.",
        discussion: "`hearth characters import` adds it to another project, tenant or server.")

    @Argument(help: "Identifier of the character.") var character: String
    @Argument(help: "The file; it must not exist yet.") var file: String
    @OptionGroup var options: ClientOptions

    func run() async throws {
        try await DownloadedFile.write(file) { handle in
            try await options.client().download("/api/characters/\(character)/export", into: handle)
        }
        options.show(["file": .string(file)]) { _ in Terminal.line("Saved the character as \(file).") }
    }
}

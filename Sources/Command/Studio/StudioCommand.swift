import ArgumentParser

/// `hearth studio`
struct StudioCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "studio",
        abstract: "Pictures and videos of characters: make, list and show them; evaluate models.",
        subcommands: [
            StudioGenerate.self, StudioOutputs.self, StudioOpen.self, StudioExport.self, StudioImport.self,
            StudioReindex.self, StudioEval.self,
        ])
}

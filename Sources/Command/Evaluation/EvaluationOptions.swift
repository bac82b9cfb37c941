import ArgumentParser
import Configuration
import HearthCore
import HearthJSON
import HearthModelLibrary

/// The arguments of commands that evaluate models on a folder of pictures.
struct EvaluationOptions: ParsableArguments {
    @Argument(help: "Folder with one sub-folder for each character or product.") var folder: String
    @Option(
        name: .customLong("model"),
        help: "Id of a model; may be given several times to compare. The best one that is here when absent.")
    var ids: [String] = []
    @Option(help: "More folders with model folders in them, separated by colons.")
    var models: String?
    @Option(help: "Folder that holds everything: its models are used too.")
    var data: String?
    @Option(help: "Settings file: a JSON object; `hearth config` lists the names.")
    var config: String?
    @Flag(help: "Look at the pictures as they are only, not at changed copies of them.") var unchanged = false
    @Flag(help: "Print JSON.")
    var json = false

    /// The changes that are made.
    var changes: [PictureChange] { unchanged ? [] : PictureChange.allCases }

    func settings() async throws -> Settings {
        var flags: [Setting: ConfigContent] = [:]
        flags[.data] = data.map { .string($0) }
        flags[.models] = models.map { .string($0) }
        return try await Settings.resolve(flags: flags, file: config)
    }

    /// The models that are meant, each of which is there and sees pictures.
    /// - Throws: ``HearthError`` `not_found` that names those that are.
    /// - Parameter subject: What the best one is for, where none is named.
    func modelIDs(_ settings: Settings, for subject: EvaluationRun.Subject) throws -> [String] {
        let builtIn = try BuiltInModels.folder()
        let library = LocalModels.library(settings, builtIn: builtIn)
        guard !ids.isEmpty else {
            let preferences = try ModelPreferences(at: "\(builtIn)/preferences.json")
            let choice = ModelChoice(settings, preferences: preferences, library: library)
            return [(subject == .product ? choice.products : choice.characters).id]
        }
        let known = library.entries.compactMap { entry -> String? in
            guard case .usable(let folder) = entry, folder.manifest.kind.abilities.contains(.embedImages) else {
                return nil
            }
            return folder.id
        }
        for id in ids where !known.contains(id) {
            let meant = NearestName.of(id, among: known).map { "Did you mean \($0)? " } ?? ""
            throw HearthError(
                .notFound, "There is no model for pictures named \(id).",
                hint: "\(meant)There are: \(known.joined(separator: ", ")).")
        }
        return ids
    }
}

import Foundation
import HearthCore
import HearthJSON
import HearthModelLibrary

/// The models that settings name, looked for where a worker looks; weights are not read, so that it takes no time.
struct NamedModels {
    private let settings: Settings
    private let roots: [String]
    private let descriptors: String

    /// - Parameter builtIn: the folder `ModelFolders`.
    init(_ settings: Settings, builtIn: String) {
        self.settings = settings
        roots = LocalModels.roots(settings, builtIn: builtIn)
        descriptors = "\(builtIn)/descriptors"
    }

    /// What the settings name, in a few words.
    var text: String {
        let products = settings.given(.productModel).map { "products by \($0), " } ?? ""
        return "pictures by \(settings[.anchorModel].value ?? "scatter"), \(products)texts by "
            + (settings[.textModel].value ?? "the first one that reads them")
    }

    /// - Throws: ``HearthError`` `invalid_configuration` that names the setting and what there is.
    func check() throws(HearthError) {
        try check(.anchorModel, for: .image)
        try check(.productModel, for: .image)
        try check(.textModel, for: .text)
    }

    private func check(_ setting: Setting, for modality: Modality) throws(HearthError) {
        guard let id = settings[setting].value, !id.isEmpty, settings[setting].source != .default else { return }
        let found = folders()
        guard let path = found[id] else {
            let names = found.keys.sorted()
            let near = NearestName.of(id, among: names).map { " Did you mean \($0)?" } ?? ""
            throw HearthError(
                .invalidConfiguration, "There is no model \(id), which \(name(setting)) names.",
                hint: "There are: \(names.joined(separator: ", ")).\(near) More come by `make models`, "
                    + "`hearth models pull`, or from folders that --models names.")
        }
        // A folder without a model.json may be known by a descriptor; the worker says when it is not.
        guard let manifest = try? ModelFolder.manifest(in: path) else { return }
        guard manifest.kind.modalities.contains(modality) else {
            throw HearthError(
                .invalidConfiguration,
                "The model \(id), which \(name(setting)) names, does not embed "
                    + "\(modality == .image ? "pictures" : "texts"): it is of the kind \(manifest.kind.rawValue).",
                hint: "`hearth models list` shows the kinds of the models that are here.")
        }
        guard manifest.commercial || settings.allowsNonCommercial else {
            throw HearthError(
                .invalidConfiguration,
                "The licence of the model \(id), \(manifest.licence), forbids commercial use.",
                hint: "Choose another model for \(name(setting)), or set HEARTH_ALLOW_NON_COMMERCIAL=true.")
        }
    }

    /// Where a setting's value comes from, as the user wrote it.
    private func name(_ setting: Setting) -> String {
        switch settings[setting].source {
        case .flag: setting.flag
        case .file: "`\(setting.rawValue)` in the settings file"
        default: setting.variable
        }
    }

    /// The folders of all models by id; the first one of a name counts.
    private func folders() -> [String: String] {
        var found: [String: String] = [:]
        for root in roots {
            let names = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).filter {
                !$0.hasPrefix(".")
            }
            if names.contains("model.json") {
                let id = URL(fileURLWithPath: root).lastPathComponent
                found[id] = found[id] ?? root
                continue
            }
            for name in names where found[name] == nil && NamedFile.isFolder("\(root)/\(name)") {
                found[name] = "\(root)/\(name)"
            }
        }
        return found
    }
}

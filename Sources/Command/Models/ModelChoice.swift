import HearthCore
import HearthModelLibrary

/// The models that serve pictures and texts where a request names none, and why it is these.
struct ModelChoice {
    /// A model and what speaks for it, in a few words.
    struct Pick: Equatable {
        let id: String
        let reason: String
        var isMultilingual = false
    }

    let pictures: Pick
    /// nil: there is no model for texts among those that were measured.
    let texts: Pick?

    /// What the settings name, and else the best of the measured models that are here.
    init(_ settings: Settings, preferences: ModelPreferences, library: ModelLibrary) {
        func named(_ setting: Setting) -> Pick? {
            let (value, source) = settings[setting]
            guard let value, source != .default else { return nil }
            return Pick(id: value, reason: "by your setting \(setting.rawValue)")
        }
        func best(_ modality: Modality) -> Pick? {
            preferences.best(for: modality, in: library).map {
                Pick(id: $0.id, reason: $0.because, isMultilingual: $0.isMultilingual ?? false)
            }
        }
        pictures =
            named(.anchorModel) ?? best(.image)
            ?? Pick(id: Setting.anchorModel.definition.value?.text ?? "", reason: "built in")
        // Where one model reads both, texts find pictures by it.
        let readsTexts = library.folder(pictures.id)?.manifest.kind.modalities.contains(.text) == true
        texts = readsTexts ? Pick(id: pictures.id, reason: "as pictures") : named(.textModel) ?? best(.text)
    }

    /// The choice for a server with these settings; blocking: the first look hashes all weights.
    init(_ settings: Settings) throws {
        let builtIn = try BuiltInModels.folder()
        self.init(
            settings, preferences: try ModelPreferences(at: "\(builtIn)/preferences.json"),
            library: LocalModels.library(settings, builtIn: builtIn))
    }

    /// One line for people.
    var line: String {
        let picture = "Pictures by \(pictures.id) (\(pictures.reason))"
        guard let texts else {
            let source =
                ProgramFiles.isCheckout
                ? "`make models` makes models for both" : "`hearth models pull all-minilm-l6-v2` downloads a model"
            return "\(picture), texts by none: \(source)."
        }
        return "\(picture), texts by \(texts.id) (\(texts.reason))."
    }
}

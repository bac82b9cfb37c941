import Configuration
import Foundation
import HearthCore
import HearthJSON

/// What a server was told of its models. It stays in the data folder when the server has ended: one that another
/// program starts there takes the same, so that what was embedded by these models is not embedded again by others.
struct ModelSettings: Equatable {
    /// The settings that say by which models a server embeds.
    static let settings: [Setting] = [
        .models, .anchorModel, .productModel, .textModel, .bestModels, .precision, .allowNonCommercial,
    ]

    /// Those that were set, as texts.
    private var values: [Setting: String] = [:]

    /// What these settings say; what holds without them, and what Hearth has chosen, is not said.
    init(_ settings: Settings) {
        for setting in Self.settings where settings.says(setting) { values[setting] = settings.given(setting) }
        // The next server may run in another folder.
        if values[.models] != nil { values[.models] = settings.modelRoots.joined(separator: ":") }
    }

    /// What the last server of a data folder was told; nothing where there was none.
    init(lastIn folder: DataFolder) {
        let file = URL(fileURLWithPath: folder.modelSettings)
        guard let bytes = try? Data(contentsOf: file), let object = try? JSONParser.read(bytes) else { return }
        for setting in Self.settings { values[setting] = object[setting.rawValue]?.stringValue }
    }

    /// Keeps them in the data folder; without them, the next server that is started there takes its own settings.
    func write(in folder: DataFolder) {
        var object = JSONObject()
        for setting in Self.settings { object[setting.rawValue] = values[setting].map(JSONValue.string) }
        let file = URL(fileURLWithPath: folder.modelSettings)
        do {
            try JSONValue.object(object).encoded().write(to: file, options: .atomic)
        } catch {
            // Those of the server before are not these: rather none.
            try? FileManager.default.removeItem(at: file)
        }
    }

    /// They as flags of `hearth serve`, without those that other settings say themselves.
    func flags(besides own: Settings) -> [String] {
        Self.settings.flatMap { setting -> [String] in
            guard let value = values[setting], !own.says(setting) else { return [] }
            guard case .flag = setting.definition.kind else { return [setting.flag, value] }
            return [value == "true" ? setting.flag : "--no-\(setting.flag.dropFirst(2))"]
        }
    }
}

extension Settings {
    /// Whether a flag, a variable or the file says it.
    fileprivate func says(_ setting: Setting) -> Bool {
        [.flag, .variable, .file].contains(self[setting].source) && given(setting) != nil
    }
}

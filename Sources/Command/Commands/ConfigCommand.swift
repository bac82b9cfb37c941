import ArgumentParser
import HearthCore
import HearthJSON

/// `hearth config`
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "List every setting: its value, where it comes from, and how to change it.")

    @OptionGroup var options: SettingsOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let settings = try await options.resolve()
        if json { return Terminal.json(Self.json(settings)) }
        Terminal.line(Self.text(settings))
    }

    static func json(_ settings: Settings) -> JSONValue {
        var object = JSONObject()
        for setting in Setting.allCases {
            object[setting.rawValue] = [
                "value": shown(settings, setting).map(JSONValue.string) ?? .null,
                "source": .string(settings[setting].source.rawValue), "variable": .string(setting.variable),
                "flag": setting.hasFlag ? .string(setting.flag) : .null,
                "default": setting.definition.value.map { .string($0.text) } ?? .null,
                "allowed": .string(setting.definition.kind.allowed), "help": .string(setting.definition.help),
            ]
        }
        return .object(object)
    }

    static func text(_ settings: Settings) -> String {
        let heading = "SETTING".padded(to: 20) + "VALUE".padded(to: 24) + "SOURCE".padded(to: 10) + "VARIABLE"
        let lines = Setting.allCases.flatMap { setting in
            [
                setting.rawValue.padded(to: 20) + (shown(settings, setting) ?? "–").padded(to: 24)
                    + settings[setting].source.rawValue.padded(to: 10) + setting.variable,
                "".padded(to: 20) + setting.definition.help,
            ]
        }
        let end = "\nA flag goes before a variable, a variable before the file (--config or HEARTH_CONFIG)."
        return ([heading] + lines + [end]).joined(separator: "\n")
    }

    private static func shown(_ settings: Settings, _ setting: Setting) -> String? {
        settings[setting].value.map { setting.isSecret ? "(set)" : $0 }
    }
}

extension String {
    /// At least this many characters, and one blank at the end.
    package func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(width - count, 1))
    }
}

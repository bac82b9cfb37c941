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
        if json {
            var object = JSONObject()
            for setting in Setting.allCases {
                object[setting.rawValue] = [
                    "value": shown(settings, setting).map(JSONValue.string) ?? .null,
                    "source": .string(settings[setting].source.rawValue), "variable": .string(setting.variable),
                    "default": setting.defaultValue.map(JSONValue.string) ?? .null, "help": .string(setting.help),
                ]
            }
            return Terminal.line(JSONValue.object(object).encodedText())
        }
        for setting in Setting.allCases {
            let value = shown(settings, setting) ?? "–"
            Terminal.line(
                setting.rawValue.padded(to: 20) + value.padded(to: 24)
                    + settings[setting].source.rawValue.padded(to: 10) + setting.variable)
            Terminal.line("".padded(to: 20) + setting.help)
        }
        Terminal.line("\nA flag goes before a variable, a variable before the file (--config or HEARTH_CONFIG).")
    }

    private func shown(_ settings: Settings, _ setting: Setting) -> String? {
        settings[setting].value.map { setting.isSecret ? "(set)" : $0 }
    }
}

extension String {
    /// At least this many characters, and one blank at the end.
    package func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(width - count, 1))
    }
}

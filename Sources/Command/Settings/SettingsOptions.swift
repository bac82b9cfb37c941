import ArgumentParser
import Configuration

/// The flags of commands that start a server: one for each ``Setting`` but the secrets, and the settings file.
///
/// The flags are not properties, but follow from the list of settings: ArgumentParser finds the flags of a type by a
/// mirror, which is given here, and reads their values by `Decodable`, which asks for each by its name.
struct SettingsOptions: ParsableArguments, CustomReflectable {
    /// What was written on the command line.
    private(set) var given: [Setting: ConfigContent] = [:]
    /// Path of the settings file.
    private(set) var config: String?

    private static let file = Option<String?>(help: "Settings file: a JSON object; `hearth config` lists the names.")

    /// A setting's name, or `config`.
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init() {}

    /// Reads the flags that were given.
    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        for setting in Setting.allCases where setting.hasFlag {
            let key = Key(stringValue: setting.rawValue)
            given[setting] =
                switch setting.definition.kind {
                case .integer: try values.decode(Option<Int?>.self, forKey: key).wrappedValue.map { .int($0) }
                case .number: try values.decode(Option<Double?>.self, forKey: key).wrappedValue.map { .double($0) }
                case .flag: try values.decode(Flag<Bool?>.self, forKey: key).wrappedValue.map { .bool($0) }
                case .text, .choice, .secret:
                    try values.decode(Option<String?>.self, forKey: key).wrappedValue.map { .string($0) }
                }
        }
        config = try values.decode(Option<String?>.self, forKey: Key(stringValue: "config")).wrappedValue
    }

    /// The flags as ArgumentParser looks for them: property wrappers under their names.
    var customMirror: Mirror {
        var flags: [Mirror.Child] = Setting.allCases.filter(\.hasFlag).map { setting in
            let help = ArgumentHelp(stringLiteral: Self.help(of: setting))
            let wrapper: Any =
                switch setting.definition.kind {
                case .integer: Option<Int?>(help: help)
                case .number: Option<Double?>(help: help)
                case .flag: Flag<Bool?>(inversion: .prefixedNo, help: help)
                case .text, .choice, .secret: Option<String?>(help: help)
                }
            return ("_\(setting.rawValue)", wrapper)
        }
        flags.append(("_config", Self.file))
        return Mirror(self, children: flags)
    }

    /// The line about a flag, with what holds without it.
    private static func help(of setting: Setting) -> String {
        guard let value = setting.definition.value?.text else { return setting.definition.help }
        return "\(setting.definition.help) (default: \(value))"
    }

    /// The settings with these flags on top.
    func resolve() async throws -> Settings { try await Settings.resolve(flags: given, file: config) }
}

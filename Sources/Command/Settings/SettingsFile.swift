import Configuration
import HearthCore
import HearthJSON

/// A settings file: a JSON object with the names of settings as keys.
///
/// An unknown key is an error, because it was meant to have an effect.
struct SettingsFile: FileConfigSnapshot {
    private let values: JSONSnapshot

    init(data: RawSpan, providerName: String, parsingOptions: JSONSnapshot.ParsingOptions) throws {
        let text = try data.withUnsafeBytes { bytes in try JSONParser.read(bytes) }
        guard let object = text.objectValue else {
            throw HearthError(.invalidConfiguration, "It is not a JSON object.")
        }
        if let unknown = object.keys.first(where: { Setting(rawValue: $0) == nil }) {
            let names = Setting.allCases.map(\.rawValue)
            throw HearthError(
                .invalidConfiguration, "It has the unknown key `\(unknown)`.",
                hint: NearestName.of(unknown, among: names).map { "Did you mean `\($0)`?" }
                    ?? "The keys are \(names.joined(separator: ", ")).")
        }
        values = try JSONSnapshot(data: data, providerName: providerName, parsingOptions: parsingOptions)
    }

    var providerName: String { values.providerName }
    var description: String { values.description }
    var debugDescription: String { values.debugDescription }

    func value(forKey key: AbsoluteConfigKey, type: ConfigType) throws -> LookupResult {
        try values.value(forKey: key, type: type)
    }
}

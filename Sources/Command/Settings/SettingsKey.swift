import HearthCore

/// The key of the settings (`HEARTH_API_KEY`), as a server takes it: it opens everything, so it must not be guessable.
enum SettingsKey {
    /// Fewest different characters: `aaaa…` is long, too.
    private static let variety = 6

    /// - Throws: ``HearthError`` `invalid_configuration`.
    static func check(_ key: Secret) throws(HearthError) {
        let text = key.revealed
        guard text.count >= Limits.settingsKeyLength, Set(text).count >= variety else {
            throw HearthError(
                .invalidConfiguration, "The key in HEARTH_API_KEY is too easy to guess.",
                hint:
                    "Take at least \(Limits.settingsKeyLength) random characters, or make keys by `hearth keys create`."
            )
        }
        guard !text.hasPrefix(KeySecret.prefix) else {
            throw HearthError(
                .invalidConfiguration, "HEARTH_API_KEY holds a key of `hearth keys`, which the server knows already.",
                hint: "Start the server without it; the commands that call the server take it from there.")
        }
    }
}

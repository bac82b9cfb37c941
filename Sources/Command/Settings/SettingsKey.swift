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
        guard !isOfList(key) else {
            throw HearthError(
                .invalidConfiguration, "HEARTH_API_KEY holds a key of `hearth keys`, which the server knows already.",
                hint: "It is for the commands that call the server. Start the server without it: "
                    + "`env -u HEARTH_API_KEY hearth serve`.")
        }
    }

    /// Whether it is a key of `hearth keys`, which commands show and no server takes from its settings.
    static func isOfList(_ key: Secret) -> Bool { key.revealed.hasPrefix(KeySecret.prefix) }
}

import Foundation

/// The folders in which a person keeps pictures: Pictures, Downloads and Desktop, under the names that they have in the
/// person's language.
package enum UserFolders {
    /// The folder of the person: `HOME` where the environment says it, as shells do, and else what the system has noted
    /// of the user.
    package static func home(environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
        guard var home = environment["HOME"], home.hasPrefix("/") else {
            return FileManager.default.homeDirectoryForCurrentUser.path
        }
        while home.count > 1, home.hasSuffix("/") { home.removeLast() }
        return home
    }

    /// - Parameters:
    ///   - home: the person's folder.
    ///   - environment: `XDG_CONFIG_HOME` says where the names are noted.
    package static func pictures(home: String, environment: [String: String]) -> [String] {
        let settings = environment["XDG_CONFIG_HOME"] ?? "\(home)/.config"
        let text = (try? String(contentsOfFile: "\(settings)/user-dirs.dirs", encoding: .utf8)) ?? ""
        let named = named(text, home: home)
        return [("PICTURES", "Pictures"), ("DOWNLOAD", "Downloads"), ("DESKTOP", "Desktop")].map { key, usual in
            named[key] ?? "\(home)/\(usual)"
        }
    }

    /// Reads lines such as `XDG_PICTURES_DIR="$HOME/Bilder"`. A folder that is the home itself stands for none.
    static func named(_ text: String, home: String) -> [String: String] {
        var folders: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].hasPrefix("XDG_"), parts[0].hasSuffix("_DIR") else { continue }
            var value = parts[1].trimmingCharacters(in: .whitespaces)
            guard value.count > 2, value.first == "\"", value.last == "\"" else { continue }
            value = String(value.dropFirst().dropLast())
            if value.hasPrefix("$HOME") { value = home + value.dropFirst("$HOME".count) }
            while value.count > 1, value.hasSuffix("/") { value.removeLast() }
            guard value.hasPrefix("/"), value != home else { continue }
            folders[String(parts[0].dropFirst(4).dropLast(4))] = value
        }
        return folders
    }
}

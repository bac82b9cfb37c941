import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// How clients are told of `hearth mcp`: the text to write into their settings, and the writing of it.
struct MCPClientSettings {
    /// Programs whose settings are known.
    enum Client: String, CaseIterable, ExpressibleByArgument {
        case claudeDesktop = "claude-desktop"
        case claudeCode = "claude-code"

        /// Its settings file, below the user's folder.
        func file(home: String) -> String {
            switch self {
            case .claudeDesktop: "\(home)/.config/Claude/claude_desktop_config.json"
            case .claudeCode: "\(home)/.claude.json"
            }
        }
    }

    private let program: String
    private let environment: JSONObject
    private let url: String

    /// What is in front of our own settings in a file of others.
    private static let name = "hearth"
    private static let list = "mcpServers"
    /// Bytes of a settings file, and the depth of its values.
    private static let fileBytes = 32 << 20
    private static let depth = 256

    init(_ settings: Settings, program: String) {
        self.program = program
        var environment: JSONObject = ["HEARTH_DATA": .string(settings.folder.path)]
        if settings[.port].source != .default { environment["HEARTH_PORT"] = .string(String(settings.port)) }
        if let folders = settings[.mcpFolders].value, !folders.isEmpty {
            environment["HEARTH_MCP_FOLDERS"] = .string(folders)
        }
        if let url = settings.givenURL { environment["HEARTH_URL"] = .string(url) }
        self.environment = environment
        url = settings.clientURL
    }

    /// The entry of one server.
    var entry: JSONValue {
        ["command": .string(program), "args": ["mcp"], "env": .object(environment)]
    }

    /// What a person reads and copies.
    var lines: [String] {
        let variables = environment.members.map { "--env \($0.key)=\(Self.quoted($0.value.stringValue ?? ""))" }
        let file = JSONValue.object([Self.list: [Self.name: entry]])
        return [
            "Claude Desktop: ~/.config/Claude/claude_desktop_config.json",
            "(macOS: ~/Library/Application Support/Claude/claude_desktop_config.json)", file.indentedText(), "",
            "Claude Code:",
            "claude mcp add \(Self.name) \(variables.joined(separator: " ")) -- \(Self.quoted(program)) mcp", "",
            "Clients that speak HTTP, while a server runs:",
            JSONValue.object([Self.list: [Self.name: ["type": "http", "url": .string("\(url)/mcp")]]]).indentedText(),
            "",
            "`hearth mcp --install claude-desktop` or `--install claude-code` writes it, and keeps what is there; with",
            "`--dry-run` it says which file that is, and writes nothing.",
        ]
    }

    /// A word of a shell's command line.
    private static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "/._-:,@%+".utf8.contains(byte)
            }
        return isPlain ? text : "'\(text.replacing("'", with: "'\\''"))'"
    }

    /// What becomes of a client's settings.
    private struct Change {
        /// As the client names the file.
        let path: String
        /// Where it lies.
        let place: URL
        /// The whole file with our entry; nil when it has that already.
        let text: String?
        /// Where the file as it was is kept; nil when there is none.
        let copy: String?
    }

    /// Writes the entry into a client's settings; the rest of the file stays, and the file as it was is kept beside it.
    /// - Returns: what was done.
    /// - Throws: ``HearthError`` `invalid_configuration` for a file that cannot be read as settings: it stays as it is.
    func install(_ client: Client, home: String, now: Date = Date()) throws -> String {
        let planned = try change(client, home: home, now: now)
        guard let text = planned.text else { return "\(planned.path) has this entry already." }
        let (files, path) = (FileManager.default, planned.place.path)
        if let copy = planned.copy { try files.copyItem(atPath: path, toPath: copy) }
        try files.createDirectory(at: planned.place.deletingLastPathComponent(), withIntermediateDirectories: true)
        let mode = try? files.attributesOfItem(atPath: path)[.posixPermissions]
        try Data(text.utf8).write(to: planned.place, options: .atomic)
        if let mode { try files.setAttributes([.posixPermissions: mode], ofItemAtPath: path) }
        let kept = planned.copy.map { " The file as it was is \($0)." } ?? ""
        return "\(planned.path) names Hearth now.\(kept) Start the client again."
    }

    /// What ``install(_:home:now:)`` would do; nothing is written.
    func preview(_ client: Client, home: String, now: Date = Date()) throws -> String {
        let planned = try change(client, home: home, now: now)
        guard planned.text != nil else { return "\(planned.path) has this entry already: nothing would be written." }
        let kept = planned.copy.map { " The file as it is would be kept as \($0)." } ?? " There is no such file yet."
        return "This would be written into \(planned.path), and the rest of it stays.\(kept)\n"
            + JSONValue.object([Self.list: [Self.name: entry(for: client)]]).indentedText()
    }

    private func change(_ client: Client, home: String, now: Date) throws -> Change {
        let path = client.file(home: home)
        let place = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        let found = try Self.settings(at: place.path)
        if let list = found?[Self.list], list.objectValue == nil { throw Self.unusable(path) }
        var servers = found?[Self.list]?.objectValue ?? [:]
        let own = entry(for: client)
        guard servers[Self.name] != own else { return Change(path: path, place: place, text: nil, copy: nil) }
        servers[Self.name] = own
        var settings = found ?? [:]
        settings[Self.list] = .object(servers)
        let isThere = FileManager.default.fileExists(atPath: place.path)
        return Change(
            path: path, place: place, text: JSONValue.object(settings).indentedText() + "\n",
            copy: isThere ? "\(place.path).backup-\(Int(now.timeIntervalSince1970))" : nil)
    }

    /// The entry as a client writes it.
    private func entry(for client: Client) -> JSONValue {
        var written = entry
        if client == .claudeCode { written["type"] = "stdio" }
        return written
    }

    /// The settings in a file; nil when there is none, or it is empty.
    private static func settings(at path: String) throws -> JSONObject? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        guard bytes.contains(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { return nil }
        guard bytes.count <= fileBytes,
            let value = try? JSONParser.parse(bytes, maximumDepth: depth), let settings = value.objectValue
        else { throw unusable(path) }
        return settings
    }

    private static func unusable(_ path: String) -> HearthError {
        HearthError(
            .invalidConfiguration, "\(path) is not read as settings, and was not changed.",
            hint: "`hearth mcp --print-config` shows what to write into it by hand.")
    }
}

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
            "", "`hearth mcp --install claude-desktop` or `--install claude-code` writes it, and keeps what is there.",
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

    /// Writes the entry into a client's settings; the rest of the file stays, and the file as it was is kept beside it.
    /// - Returns: what was done.
    /// - Throws: ``HearthError`` `invalid_configuration` for a file that cannot be read as settings: it stays as it is.
    func install(_ client: Client, home: String, now: Date = Date()) throws -> String {
        let path = client.file(home: home)
        let place = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        var settings = try Self.settings(at: place.path)
        var servers = settings?[Self.list]?.objectValue ?? [:]
        if let list = settings?[Self.list], list.objectValue == nil { throw Self.unusable(path) }
        var entry = entry
        if client == .claudeCode { entry["type"] = "stdio" }
        guard servers[Self.name] != entry else { return "\(path) has this entry already." }
        servers[Self.name] = entry
        settings = settings ?? [:]
        settings?[Self.list] = .object(servers)
        let files = FileManager.default
        var kept = ""
        if files.fileExists(atPath: place.path) {
            let copy = "\(place.path).backup-\(Int(now.timeIntervalSince1970))"
            try files.copyItem(atPath: place.path, toPath: copy)
            kept = " The file as it was is \(copy)."
        }
        try files.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        let mode = try? files.attributesOfItem(atPath: place.path)[.posixPermissions]
        let text = JSONValue.object(settings ?? [:]).indentedText() + "\n"
        try Data(text.utf8).write(to: place, options: .atomic)
        if let mode { try files.setAttributes([.posixPermissions: mode], ofItemAtPath: place.path) }
        return "\(path) names Hearth now.\(kept) Start the client again."
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

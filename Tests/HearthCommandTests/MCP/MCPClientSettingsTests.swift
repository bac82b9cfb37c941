import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthCommand

/// Settings of clients get our entry and keep all that is there.
@Suite struct MCPClientSettingsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder(.memory) }

    private func settings(_ environment: [String: String] = [:]) async throws -> MCPClientSettings {
        let variables = ["HEARTH_DATA": folder.file("my data")].merging(environment) { $1 }
        return MCPClientSettings(
            try await Settings.resolve(flags: [:], environment: variables), program: "/opt/hearth's/hearth")
    }

    private func path(_ client: MCPClientSettings.Client) -> String { client.file(home: folder.path) }

    private func write(_ text: String, _ client: MCPClientSettings.Client) throws {
        let place = URL(fileURLWithPath: path(client))
        try FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: place)
    }

    private func read(_ client: MCPClientSettings.Client) throws -> JSONValue {
        try JSONParser.parse(Data(contentsOf: URL(fileURLWithPath: path(client))))
    }

    private func backups(_ client: MCPClientSettings.Client) throws -> [String] {
        let folder = URL(fileURLWithPath: path(client)).deletingLastPathComponent().path
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains(".backup-") }
    }

    @Test(arguments: MCPClientSettings.Client.allCases)
    func theEntryIsAddedAndTheRestStays(client: MCPClientSettings.Client) async throws {
        let before = #"{"theme":"dark","mcpServers":{"other":{"command":"x"}},"numbers":[1,2.5,9007199254740993]}"#
        try write(before, client)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path(client))
        let said = try await settings(["HEARTH_PORT": "9000"]).install(client, home: folder.path)
        let after = try read(client)
        #expect(after["theme"] == "dark" && after["mcpServers"]?["other"] == ["command": "x"])
        #expect(after["numbers"] == [1, 2.5, 9_007_199_254_740_993])
        #expect(after.objectValue?.keys == ["theme", "mcpServers", "numbers"], "in the order that it had")
        let entry = after["mcpServers"]?["hearth"]
        #expect(entry?["command"] == "/opt/hearth's/hearth" && entry?["args"] == ["mcp"])
        #expect(entry?["env"] == ["HEARTH_DATA": .string(folder.file("my data")), "HEARTH_PORT": "9000"])
        let copies = try backups(client)
        #expect(copies.count == 1 && said.contains(copies[0]))
        let kept = URL(fileURLWithPath: path(client)).deletingLastPathComponent().appending(path: copies[0])
        #expect(try String(contentsOf: kept, encoding: .utf8) == before)
        let mode = try FileManager.default.attributesOfItem(atPath: path(client))[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func aSecondTimeChangesNothing() async throws {
        _ = try await settings().install(.claudeDesktop, home: folder.path)
        let said = try await settings().install(.claudeDesktop, home: folder.path)
        #expect(said.contains("already"))
        #expect(try backups(.claudeDesktop).isEmpty)
    }

    @Test(arguments: MCPClientSettings.Client.allCases)
    func aPreviewNamesFileAndCopyAndWritesNothing(client: MCPClientSettings.Client) async throws {
        let settings = try await settings()
        let first = try settings.preview(client, home: folder.path)
        #expect(first.contains(path(client)) && first.contains("There is no such file yet"))
        #expect(!FileManager.default.fileExists(atPath: path(client)))
        try write("{}", client)
        let second = try settings.preview(client, home: folder.path, now: Date(timeIntervalSince1970: 7))
        #expect(second.contains("\(path(client)).backup-7") && second.contains("mcpServers"))
        #expect(try String(contentsOfFile: path(client), encoding: .utf8) == "{}")
        #expect(try backups(client).isEmpty)
        _ = try settings.install(client, home: folder.path)
        #expect(try settings.preview(client, home: folder.path).contains("already"))
    }

    /// `HOME=… hearth mcp --install claude-code`
    @Test func theProgramWritesBelowHOME() async throws {
        let home = folder.file("home")
        let ended = try await HearthRun(["mcp", "--install", "claude-code"], in: folder, ["HOME": home])
        #expect(ended.code == 0, "\(ended.text)")
        #expect(ended.output.contains("\(home)/.claude.json"))
        #expect(FileManager.default.fileExists(atPath: "\(home)/.claude.json"))
        let alone = try await HearthRun(["mcp", "--dry-run"], in: folder)
        #expect(alone.code != 0 && alone.text.contains("--install"))
    }

    @Test func aFileThatIsMissingOrEmptyIsMade() async throws {
        _ = try await settings().install(.claudeDesktop, home: folder.path)
        #expect(try read(.claudeDesktop)["mcpServers"]?["hearth"] != nil)
        try write(" \n", .claudeCode)
        _ = try await settings().install(.claudeCode, home: folder.path)
        #expect(try read(.claudeCode)["mcpServers"]?["hearth"]?["type"] == "stdio")
    }

    @Test(arguments: ["{", "[]", #"{"mcpServers": []}"#, #"{"a": 1, "a": 2}"#])
    func aFileThatIsNotUnderstoodStaysAsItIs(text: String) async throws {
        try write(text, .claudeDesktop)
        let settings = try await settings()
        #expect(throws: HearthError.self) { try settings.install(.claudeDesktop, home: folder.path) }
        #expect(try String(contentsOfFile: path(.claudeDesktop), encoding: .utf8) == text)
        #expect(try backups(.claudeDesktop).isEmpty)
    }

    @Test func whatIsPrintedCanBeCopied() async throws {
        let lines = try await settings().lines
        let text = lines.joined(separator: "\n")
        #expect(text.contains("claude mcp add hearth --env HEARTH_DATA='\(folder.file("my data"))' -- "))
        #expect(text.contains(#"'/opt/hearth'\''s/hearth' mcp"#))
        #expect(text.contains(#""url": "http://127.0.0.1:8420/mcp""#))
    }
}

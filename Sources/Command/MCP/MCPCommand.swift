import ArgumentParser
import Configuration
import Foundation
import HearthCore
import HearthDoors
import HearthLocalFiles

/// `hearth mcp`
struct MCPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mcp", abstract: "Serve language models on this machine over standard input and output (MCP).",
        discussion: """
            A program such as Claude Desktop starts it; it passes messages on to the server of the data folder, and \
            starts one when none runs. That server goes on when the conversation ends.

              hearth mcp --print-config            what to write into the settings of Claude Desktop and Claude Code
              hearth mcp --install claude-desktop  write it, and keep what is there
              hearth mcp --install claude-code --dry-run  say which file would be written, and how
            """)

    @Option(help: "Data folder whose server is meant.") var data: String?
    @Option(help: "Port of a server that is started.") var port: Int?
    @Option(help: ArgumentHelp(stringLiteral: Setting.url.definition.help)) var url: String?
    @Flag(help: "Print the settings of clients, and end.") var printConfig = false
    @Option(help: "Write the settings of a client, claude-desktop or claude-code, and end.")
    var install: MCPClientSettings.Client?
    @Flag(help: "With --install: say what would be written, and write nothing.") var dryRun = false

    func validate() throws {
        guard !dryRun || install != nil else {
            throw ValidationError("--dry-run goes with --install; --print-config shows all settings of clients.")
        }
    }

    func run() async throws {
        var flags: [Setting: ConfigContent] = [:]
        flags[.data] = data.map { .string($0) }
        flags[.port] = port.map { .int($0) }
        flags[.url] = url.map { .string($0) }
        let settings = try await Settings.resolve(flags: flags)
        if printConfig || install != nil {
            let clients = MCPClientSettings(settings, program: try ProgramFiles.server())
            if printConfig { for line in clients.lines { Terminal.line(line) } }
            if let install {
                let home = UserFolders.home()
                Terminal.line(try dryRun ? clients.preview(install, home: home) : clients.install(install, home: home))
            }
            return
        }
        if isatty(STDIN_FILENO) == 1 {
            Terminal.note("This is for programs that speak MCP; `hearth mcp --print-config` tells how they start it.")
        }
        let streams = StandardLines(input: STDIN_FILENO, output: STDOUT_FILENO)
        try await MCPBridge(settings, registry: try ServerOperations.declared()).run(streams)
    }
}

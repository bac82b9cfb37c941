import Foundation
import HearthCore
import HearthJSON

/// A client of the Model Context Protocol: it starts `hearth mcp` as Claude Desktop does, and calls its tools.
///
/// Calls go one after the other. What the server says without being asked is passed over.
final class DemoMCPClient {
    private let lines: StandardLines
    private let answers: AsyncStream<JSONValue>
    private var lastID: Int64 = 0

    private init(_ lines: StandardLines, _ answers: AsyncStream<JSONValue>) {
        self.lines = lines
        self.answers = answers
    }

    /// Starts the process, runs `body` with its client, and ends the process by closing its input.
    /// - Parameters:
    ///   - data: the data folder of the server that is meant; it runs already.
    ///   - pictures: the folder from which pictures may be read.
    /// - Throws: what `body` throws; ``HearthError`` `internal_error` when the process cannot be started.
    static func run<Result>(
        data: String, pictures: String, _ body: (DemoMCPClient) async throws -> Result
    ) async throws -> Result {
        let (process, toServer, fromServer) = (Process(), Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: try ProgramFiles.server())
        process.arguments = ["mcp", "--data", data]
        process.environment = environment(pictures: pictures)
        process.standardInput = toServer
        process.standardOutput = fromServer
        try ExitCleanup.shared.start(process)
        defer { ExitCleanup.shared.stop(process) }
        let lines = StandardLines(
            input: fromServer.fileHandleForReading.fileDescriptor,
            output: toServer.fileHandleForWriting.fileDescriptor)
        let (answers, continuation) = AsyncStream.makeStream(of: JSONValue.self)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                try await lines.read { line in
                    guard case .text(let text) = line, let message = try? JSONParser.read(text) else { return }
                    continuation.yield(message)
                }
            }
            // The process ends with its input, and the reading above with the process.
            defer { try? toServer.fileHandleForWriting.close() }
            let client = DemoMCPClient(lines, answers)
            try await client.shakeHands()
            return try await body(client)
        }
    }

    private static func environment(pictures: String) -> [String: String] {
        var environment = ProcessInfo.processInfo.environment.filter { !ChildEnvironment.isSecret($0.key) }
        environment["HEARTH_MCP_FOLDERS"] = pictures
        return environment
    }

    /// Revision 2025-11-25, section "Lifecycle".
    private func shakeHands() async throws {
        _ = try await request(
            "initialize",
            [
                "protocolVersion": "2025-11-25", "capabilities": [:],
                "clientInfo": ["name": "hearth-demo", "version": .string(Hearth.version)],
            ])
        await lines.write(JSONValue.object(["jsonrpc": "2.0", "method": "notifications/initialized"]).encoded())
    }

    /// Calls a tool.
    /// - Returns: its structured answer.
    /// - Throws: ``HearthError`` with the tool's own words when it answers with an error.
    func call(_ tool: String, _ arguments: JSONObject) async throws -> JSONValue {
        let result = try await request("tools/call", ["name": .string(tool), "arguments": .object(arguments)])
        guard result["isError"]?.boolValue != true else {
            throw HearthError(.internalError, "\(tool): \(result["content"]?[0]?["text"]?.stringValue ?? "no reason")")
        }
        return result["structuredContent"] ?? .null
    }

    private func request(_ method: String, _ parameters: JSONObject) async throws -> JSONValue {
        lastID += 1
        let request: JSONValue = [
            "jsonrpc": "2.0", "id": .int(lastID), "method": .string(method), "params": .object(parameters),
        ]
        await lines.write(request.encoded())
        for await message in answers where message["id"] == .int(lastID) {
            if let error = message["error"] {
                throw HearthError(.internalError, "\(method): \(error["message"]?.stringValue ?? "no reason")")
            }
            return message["result"] ?? .null
        }
        throw HearthError(.internalError, "`hearth mcp` ended before it answered \(method).")
    }
}

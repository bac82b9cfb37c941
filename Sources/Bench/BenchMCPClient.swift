import Foundation
import HearthCommand
import HearthCore
import HearthJSON

/// A process of `hearth mcp`, spoken to as a client does, one call after the other.
final class BenchMCPClient {
    private let lines: BenchLines
    private var lastID: Int64 = 0

    /// Starts it, greets it, and asks for its tools, as every client does before the first call.
    /// - Parameters:
    ///   - data: the data folder of a server that runs.
    ///   - pictures: the folder that paths may lie in.
    init(data: String, pictures: String) throws {
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HEARTH_") }
        environment["HEARTH_DATA"] = data
        environment["HEARTH_MCP_FOLDERS"] = pictures
        lines = try BenchLines(URL(fileURLWithPath: try ProgramFiles.server()), ["mcp"], environment: environment)
        let hello: JSONObject = [
            "protocolVersion": "2025-11-25", "capabilities": [:],
            "clientInfo": ["name": "hearth-bench", "version": .string(Hearth.version)],
        ]
        _ = try ask("initialize", hello)
        let ready: JSONValue = ["jsonrpc": "2.0", "method": "notifications/initialized"]
        try lines.send(ready.encoded())
        _ = try ask("tools/list", [:])
    }

    /// Registers the picture at a path.
    /// - Returns: milliseconds until the answer.
    /// - Throws: ``HearthError`` in the tool's own words.
    func register(_ path: String, name: String) throws -> Double {
        let start = ContinuousClock.now
        let result = try ask("tools/call", Self.call("register_character_anchor", ["name": name, "path": path]))
        let time = (ContinuousClock.now - start).fractionalMilliseconds
        guard result["isError"] == false else {
            throw HearthError(.internalError, result["content"]?[0]?["text"]?.stringValue ?? "No answer.")
        }
        return time
    }

    /// The parameters of a call of a tool.
    static func call(_ tool: String, _ arguments: [String: String]) -> JSONObject {
        var values = JSONObject()
        for (name, value) in arguments { values[name] = .string(value) }
        return ["name": .string(tool), "arguments": .object(values)]
    }

    private func ask(_ method: String, _ params: JSONObject) throws -> JSONValue {
        lastID += 1
        let request: JSONValue = [
            "jsonrpc": "2.0", "id": .int(lastID), "method": .string(method), "params": .object(params),
        ]
        try lines.send(request.encoded())
        while true {
            let line = lines.line()
            guard !line.isEmpty else { throw HearthError(.internalError, "`hearth mcp` has ended.") }
            let message = try JSONParser.read(line)
            if message["id"] == .int(lastID) { return message["result"] ?? .null }
        }
    }

    /// Ends it.
    func stop() { lines.stop() }
}

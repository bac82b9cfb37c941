import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthCommand

/// `hearth mcp` as a client runs it: a process whose standard input and output are pipes.
final class StdioClient {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let lines: StandardLines
    private let reading: Task<Void, any Error>
    private let ended: AsyncStream<Int32>
    /// All that it has said, in its order.
    let messages = Locked<[JSONValue]>([])
    /// Lines that are no JSON.
    let stray = Locked<[String]>([])

    init(in folder: TemporaryFolder, _ environment: [String: String] = [:]) throws {
        try FileManager.default.createDirectory(atPath: folder.file("tmp"), withIntermediateDirectories: true)
        process.executableURL = URL(fileURLWithPath: try ProgramFiles.server())
        process.arguments = ["mcp"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HEARTH_") }
            .merging([
                "HEARTH_DATA": folder.file("data"), "TMPDIR": folder.file("tmp"), "HEARTH_WORKER": "false",
                "HEARTH_PORT": "0",
            ]) { $1 }
            .merging(environment) { $1 }
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle(forWritingAtPath: "/dev/null")
        let (stream, end) = AsyncStream<Int32>.makeStream()
        ended = stream
        process.terminationHandler = { process in
            end.yield(process.terminationStatus)
            end.finish()
        }
        try process.run()
        // Our own copies of the child's ends would keep the pipes open.
        try? output.fileHandleForWriting.close()
        let lines = StandardLines(
            input: output.fileHandleForReading.fileDescriptor,
            output: input.fileHandleForWriting.fileDescriptor)
        self.lines = lines
        let (messages, stray) = (messages, stray)
        reading = Task {
            try await lines.read { line in
                guard case .text(let bytes) = line else { return }
                if let value = try? JSONParser.parse(bytes) {
                    messages.withLock { $0.append(value) }
                } else {
                    stray.withLock { $0.append(String(decoding: bytes.prefix(200), as: UTF8.self)) }
                }
            }
        }
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    func send(_ message: JSONValue) async { await lines.write(message.encoded()) }

    func send(_ text: String) async { await lines.write(Data(text.utf8)) }

    /// The answer to a request.
    func call(_ method: String, _ params: JSONObject = [:], id: JSONValue) async throws -> JSONValue {
        await send(["jsonrpc": "2.0", "id": id, "method": .string(method), "params": .object(params)])
        return try await answer(to: id)
    }

    func answer(to id: JSONValue) async throws -> JSONValue {
        let messages = messages
        try await eventually("an answer to \(id)") { messages.withLock { $0.contains { $0["id"] == id } } }
        return messages.withLock { $0.first { $0["id"] == id } } ?? .null
    }

    /// Ends the input, and waits for the program's end.
    func end() async throws -> Int32 {
        try input.fileHandleForWriting.close()
        var code: Int32 = -1
        for await status in ended { code = status }
        try await reading.value
        return code
    }
}

import Foundation
import HearthCore
import HearthJSON
import HearthLocalFiles
import HearthTesting
import Testing

@testable import HearthCommand

/// `hearth mcp` as a process, with a server that it starts itself.
@Suite(.timeLimit(.minutes(3)), .serialized) final class MCPProgramTests {
    private let folder: TemporaryFolder
    private static let hello: JSONObject = [
        "protocolVersion": "2025-11-25", "capabilities": [:], "clientInfo": ["name": "test", "version": "1"],
    ]
    private static let png = Data(
        base64Encoded:
            "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAAAAAA6mKC9AAAAD0lEQVR42mNoQAMMI1sAAAUMgAHjM1mKAAAAAElFTkSuQmCC")

    init() throws { folder = try TemporaryFolder() }

    deinit {
        // The server outlives the program that has started it.
        if let pid = ServerNote.read(in: DataFolder(folder.file("data")))?.pid { kill(pid_t(pid), SIGKILL) }
    }

    private var server: ServerNote? { ServerNote.read(in: DataFolder(folder.file("data"))) }

    private func tool(_ name: String, _ arguments: JSONObject) -> JSONObject {
        ["name": .string(name), "arguments": .object(arguments)]
    }

    @Test func itAnswersBeforeAnyServerRunsAndWithoutOne() async throws {
        // The address of a server that there is not.
        let client = try StdioClient(in: folder, ["HEARTH_URL": "http://127.0.0.1:9"])
        let first = try await client.call("initialize", Self.hello, id: 1)
        #expect(first["result"]?["protocolVersion"] == "2025-11-25")
        let tools = try await client.call("tools/list", id: 2)
        #expect((tools["result"]?["tools"]?.arrayValue?.count ?? 0) >= 10)
        let failed = try await client.call("tools/call", tool("server_status", [:]), id: 3)
        #expect(failed["result"]?["isError"] == true, "\(failed.encodedText())")
        await client.send("{")
        await client.send("[1]")
        try await eventually("both are refused") { client.messages.withLock { $0.count } == 5 }
        #expect(client.stray.withLock { $0.isEmpty }, "nothing but messages on standard output")
        #expect(try await client.end() == 0)
        #expect(!FileManager.default.fileExists(atPath: folder.file("data/run/server.json")))
    }

    @Test func aPictureIsRegisteredByItsPathThroughAServerThatWasStarted() async throws {
        try FileManager.default.createDirectory(atPath: folder.file("pictures"), withIntermediateDirectories: true)
        try #require(Self.png).write(to: URL(fileURLWithPath: folder.file("pictures/mira.png")))
        let client = try StdioClient(in: folder, ["HEARTH_MCP_FOLDERS": folder.file("pictures")])
        _ = try await client.call("initialize", Self.hello, id: 1)
        await client.send(["jsonrpc": "2.0", "method": "notifications/initialized"])
        let arguments: JSONObject = ["name": "Mira", "path": .string(folder.file("pictures/mira.png"))]
        let made = try await client.call("tools/call", tool("register_character_anchor", arguments), id: "made")
        let result = try #require(made["result"]?["structuredContent"], "\(made.encodedText())")
        #expect(result["is_new"] == true && result["job_id"]?.stringValue != nil)
        let waited = try await client.call(
            "tools/call", tool("wait_for_job", ["job_id": result["job_id"] ?? "", "seconds": 0]), id: "waited")
        #expect(waited["result"]?["structuredContent"]?["timed_out"] == true, "no worker runs")
        let outside = try await client.call(
            "tools/call", tool("register_character_anchor", ["name": "A", "path": "/etc/passwd"]), id: "outside")
        #expect(outside["result"]?["isError"] == true)
        #expect(outside["result"]?["content"]?[0]?["text"]?.stringValue?.contains(folder.file("pictures")) == true)
        let anchor = try await client.call(
            "resources/read",
            ["uri": .string("hearth://characters/\(result["character_id"]?.stringValue ?? "")/anchor")],
            id: "anchor")
        #expect(anchor["result"]?["contents"]?[0]?["blob"]?.stringValue.flatMap { Data(base64Encoded: $0) } == Self.png)
        let pid = try #require(server?.pid)
        #expect(try await client.end() == 0)
        #expect(kill(pid_t(pid), 0) == 0, "the server goes on, and so do its jobs")
    }

    @Test func twoOfThemShareOneServer() async throws {
        let clients = try (0..<2).map { _ in try StdioClient(in: folder) }
        try await withThrowingTaskGroup(of: Int64?.self) { group in
            for client in clients.map(UncheckedClient.init) {
                let call = tool("list_jobs", [:])
                group.addTask {
                    let answer = try await client.value.call("tools/call", call, id: 1)
                    return answer["result"]?["isError"] == false ? 1 : nil
                }
            }
            for try await ok in group { #expect(ok == 1) }
        }
        let data = folder.file("data")
        let servers = RunningHearth.processes(of: folder).filter { pid in
            let words = (FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()).split(separator: 0)
            return words.contains(Data("serve".utf8)) && words.contains(Data(data.utf8))
        }
        #expect(servers.count == 1, "\(servers)")
        for client in clients { #expect(try await client.end() == 0) }
    }

    @Test func aServerThatIsReplacedIsFoundAgain() async throws {
        let client = try StdioClient(in: folder)
        _ = try await client.call("tools/call", tool("list_jobs", [:]), id: 1)
        let first = try #require(server?.pid)
        #expect(kill(pid_t(first), SIGKILL) == 0)
        // It only reads: also when the connection breaks off on the way, it is sent again.
        let again = try await client.call("tools/call", tool("list_jobs", [:]), id: 2)
        #expect(again["result"]?["isError"] == false, "\(again.encodedText())")
        #expect(server?.pid != first)
        #expect(try await client.end() == 0)
    }

    @Test func aServerThatIsStartedTakesTheModelsOfTheLastOne() async throws {
        let models = folder.file("models")
        try FileManager.default.createDirectory(atPath: models, withIntermediateDirectories: true)
        let last = try RunningHearth(
            ["serve", "--port", "0", "--models", models, "--best-models"], in: folder, ["HEARTH_WORKER": "false"])
        try await eventually("it listens") { last.output.contains("listens at") }
        last.signal(SIGTERM)
        #expect(try await last.end().code == 0)
        let client = try StdioClient(in: folder)
        let answer = try await client.call("tools/call", tool("list_jobs", [:]), id: 1)
        #expect(answer["result"]?["isError"] == false, "\(answer.encodedText())")
        #expect(server?.modelRoots == [models])
        let log = try String(contentsOfFile: folder.file("data/run/serve.log"), encoding: .utf8)
        #expect(log.hasPrefix("Models as the last server of this data folder: --models \(models) --best-models\n"))
        #expect(try await client.end() == 0)
    }

    /// A server that stops has the folder and does not answer.
    @Test func aServerThatStopsIsWaitedForAndAnotherOneIsStarted() async throws {
        let data = DataFolder(folder.file("data"))
        try data.make()
        let stopping = Locked<DataFolderLock?>(try DataFolderLock(data))
        let client = UncheckedClient(value: try StdioClient(in: folder))
        let call = tool("list_jobs", [:])
        async let answer = client.value.call("tools/call", call, id: 1)
        // Longer than a server takes that is started and finds the folder taken.
        try await Task.sleep(for: .seconds(2))
        #expect(server == nil)
        stopping.withLock { $0 = nil }
        let result = try await answer["result"]
        #expect(result?["isError"] == false, "\(result?.encodedText() ?? "")")
        #expect(try await client.value.end() == 0)
    }

    @Test func aCallThatIsCancelledHasNoAnswerAndTheJobGoesOn() async throws {
        try FileManager.default.createDirectory(atPath: folder.file("data/inbox"), withIntermediateDirectories: true)
        try #require(Self.png).write(to: URL(fileURLWithPath: folder.file("data/inbox/a.png")))
        let client = try StdioClient(in: folder)
        let made = try await client.call(
            "tools/call", tool("register_character_anchor", ["name": "A", "path": "a.png"]), id: 1)
        let job = try #require(made["result"]?["structuredContent"]?["job_id"], "\(made.encodedText())")
        await client.send([
            "jsonrpc": "2.0", "id": 2, "method": "tools/call",
            "params": .object(tool("wait_for_job", ["job_id": job, "seconds": 50])),
        ])
        await client.send(["jsonrpc": "2.0", "method": "notifications/cancelled", "params": ["requestId": 2]])
        let after = try await client.call("tools/call", tool("get_job", ["job_id": job]), id: 3)
        #expect(after["result"]?["structuredContent"]?["status"] == "pending")
        #expect(try await client.end() == 0)
        #expect(client.messages.withLock { !$0.contains { $0["id"] == 2 } })
    }

    private static let batches: JSONObject = [
        "protocolVersion": "2025-03-26", "capabilities": [:], "clientInfo": ["name": "test", "version": "1"],
    ]

    /// The answers to a batch; each of its requests has an id.
    private func answers(_ client: StdioClient, to batch: JSONValue) async throws -> [JSONValue] {
        await client.send(batch)
        let messages = client.messages
        try await eventually("the batch is answered") { messages.withLock { $0.contains { $0.arrayValue != nil } } }
        return messages.withLock { $0.compactMap(\.arrayValue).last } ?? []
    }

    @Test func aBatchWithASubscriptionIsAnswered() async throws {
        let client = try StdioClient(in: folder)
        _ = try await client.call("initialize", Self.batches, id: 1)
        let uri: JSONValue = ["uri": "hearth://inbox"]
        let answers = try await answers(
            client,
            to: [
                ["jsonrpc": "2.0", "id": 2, "method": "resources/subscribe", "params": uri],
                ["jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": .object(tool("list_jobs", [:]))],
                ["jsonrpc": "2.0", "method": "notifications/initialized"],
                ["jsonrpc": "2.0", "id": 4, "method": "resources/unsubscribe", "params": uri],
            ])
        #expect(Set(answers.compactMap { $0["id"]?.integerValue }) == [2, 3, 4], "\(answers)")
        #expect(answers.allSatisfy { $0["result"] != nil })
        #expect(try await client.end() == 0)
    }

    @Test func aCallWithinABatchIsCancelled() async throws {
        try FileManager.default.createDirectory(atPath: folder.file("data/inbox"), withIntermediateDirectories: true)
        try #require(Self.png).write(to: URL(fileURLWithPath: folder.file("data/inbox/a.png")))
        let client = try StdioClient(in: folder)
        _ = try await client.call("initialize", Self.batches, id: 1)
        let made = try await client.call(
            "tools/call", tool("register_character_anchor", ["name": "A", "path": "a.png"]), id: 2)
        // This revision has no structured content.
        let text = made["result"]?["content"]?[0]?["text"]?.stringValue ?? ""
        let job = try #require(try JSONParser.parse(Data(text.utf8))["job_id"], "\(made.encodedText())")
        let wait = tool("wait_for_job", ["job_id": job, "seconds": 50])
        await client.send([
            ["jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": .object(wait)],
            ["jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": .object(tool("list_jobs", [:]))],
        ])
        await client.send(["jsonrpc": "2.0", "method": "notifications/cancelled", "params": ["requestId": 3]])
        let messages = client.messages
        try await eventually("the rest is answered") { messages.withLock { $0.contains { $0.arrayValue != nil } } }
        let answers = messages.withLock { $0.compactMap(\.arrayValue).last } ?? []
        #expect(answers.compactMap { $0["id"]?.integerValue } == [4], "not after 50 seconds, and without it")
        #expect(try await client.end() == 0)
    }

    @Test func aResourceIsFollowedInTheFirstEra() async throws {
        try FileManager.default.createDirectory(atPath: folder.file("data/inbox"), withIntermediateDirectories: true)
        try #require(Self.png).write(to: URL(fileURLWithPath: folder.file("data/inbox/a.png")))
        let client = try StdioClient(in: folder)
        _ = try await client.call("initialize", Self.hello, id: 1)
        let made = try await client.call(
            "tools/call", tool("register_character_anchor", ["name": "A", "path": "a.png"]), id: 2)
        let job = try #require(made["result"]?["structuredContent"]?["job_id"]?.stringValue)
        let uri = "hearth://jobs/\(job)"
        let subscribed = try await client.call("resources/subscribe", ["uri": .string(uri)], id: 3)
        #expect(subscribed["result"] == [:])
        // The stream to the server is opened after the answer: the job is changed until that is heard of.
        var number: Int64 = 10
        try await eventually("the change is told") {
            for method in ["cancel_job"] {
                number += 1
                _ = try await client.call("tools/call", tool(method, ["job_id": .string(job)]), id: .int(number))
            }
            let url = server?.url ?? ""
            _ = try await APIClient(base: url, apiKey: nil).send(.post, "/jobs/\(job)/retry")
            return client.messages.withLock { messages in
                messages.contains {
                    $0["method"] == "notifications/resources/updated" && $0["params"] == ["uri": .string(uri)]
                }
            }
        }
        #expect(try await client.end() == 0)
    }
}

/// Hands a client to a task of its own.
///
/// `@unchecked Sendable`: each client is used by one task only, and by the test after that task has ended.
private struct UncheckedClient: @unchecked Sendable {
    let value: StdioClient
}

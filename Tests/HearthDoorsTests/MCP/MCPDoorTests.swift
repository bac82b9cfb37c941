import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON
import HearthJobs
import HearthTesting
import Testing

@testable import HearthDoors

/// The protocol over HTTP: what is refused before a message is read, streams, batches, and statuses.
@Suite(.timeLimit(.minutes(3))) struct MCPDoorTests {
    private let world: MCPWorld

    init() async throws { world = try await MCPWorld() }

    private func post(_ text: String, _ headers: HTTPFields = [:]) async throws -> DoorClient.Answer {
        try await world.client.send(.post, "/mcp", body: Data(text.utf8), headers: headers)
    }

    private func version(_ name: String) throws -> HTTPFields {
        var headers = HTTPFields()
        headers[try #require(HTTPField.Name("MCP-Protocol-Version"))] = name
        return headers
    }

    @Test func whatIsNoMessageIsRefusedByItsCodeAndStatus() async throws {
        for (text, status, code) in [
            ("{", 400, -32_700), ("", 400, -32_700), (#"{"a":1}"#, 400, -32_600), ("[]", 400, -32_600),
            (#"{"jsonrpc":"2.0","id":1,"method":"server/discover"}"#, 400, -32_602),
        ] {
            let answer = try await post(text)
            #expect(answer.status == status && answer.json["error"]?["code"]?.integerValue == Int64(code), "\(text)")
        }
        let named = try await post(#"{"jsonrpc":"2.0","id":7,"method":3}"#)
        #expect(named.json["id"] == 7, "the client knows what was refused")
        let unknown = try await world.send("nothing")
        #expect(unknown.status == 404 && unknown.json["error"]?["code"] == -32_601)
        #expect(try await world.send("nothing", in: .november2025).status == 200)
        #expect(
            try await world.send("resources/subscribe", ["uri": "hearth://inbox"], in: .november2025).json["error"]?[
                "code"] == -32_601)
    }

    @Test func aRevisionThatIsUnknownOrOtherwiseInItsHeaderIsRefused() async throws {
        let ping = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#
        #expect(try await post(ping).status == 200, "as of 2025-03-26")
        #expect(try await post(ping, version("2025-11-25")).json["result"] == [:])
        let unknown = try await post(ping, version("2031-01-01"))
        #expect(unknown.status == 400 && unknown.json["error"]?["code"] == -32_022)
        let modern = try await post(ping, version("2026-07-28"))
        #expect(modern.status == 400 && modern.json["error"]?["code"] == -32_602, "it says nothing of itself")
        var headers = try version("2026-07-28")
        headers[try #require(HTTPField.Name("Mcp-Method"))] = "tools/call"
        let message = MCPRequest.listen(to: .inbox, id: "a").message
        let mismatch = try await world.client.send(.post, "/mcp", body: message.encoded(), headers: headers)
        #expect(mismatch.status == 400 && mismatch.json["error"]?["code"] == -32_020)
        #expect(mismatch.json["id"] == "a")
    }

    @Test func notificationsAreTakenAndOtherMethodsOfHTTPAreNot() async throws {
        let answer = try await post(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
        #expect(answer.status == 202 && answer.body.isEmpty)
        #expect(try await post(#"{"jsonrpc":"2.0","id":1,"result":{}}"#).status == 202)
        for method in [HTTPRequest.Method.get, .delete] {
            let refused = try await world.client.send(method, "/mcp", type: nil)
            #expect(refused.status == 405 && refused.headers[.allow] == "POST")
        }
    }

    @Test func aBatchIsAnsweredAsOneWhereTheRevisionHasBatches() async throws {
        let batch = """
            [{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"},
             {"jsonrpc":"2.0","id":2,"method":"nothing"},7]
            """
        let answer = try await post(batch, version("2025-03-26"))
        #expect(answer.json[0] == ["jsonrpc": "2.0", "id": 1, "result": [:]])
        #expect(answer.json[1]?["id"] == 2 && answer.json[1]?["error"]?["code"] == -32_601)
        #expect(answer.json[2]?["error"]?["code"] == -32_600)
        #expect(try await post(batch, version("2025-06-18")).status == 400)
        let long =
            "[" + Array(repeating: #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, count: 33).joined(separator: ",") + "]"
        #expect(try await post(long, version("2025-03-26")).status == 400)
    }

    /// The messages of an event stream.
    private func events(_ answer: DoorClient.Answer) throws -> [JSONValue] {
        #expect(answer.headers[.contentType] == "text/event-stream")
        return try answer.text.split(separator: "\n").filter { $0.hasPrefix("data: ") }.map {
            try JSONParser.parse(Data($0.dropFirst(6).utf8))
        }
    }

    @Test(
        .enabled(if: SharedData.has(MCPSchema.folder), SharedData.comment(MCPSchema.folder)),
        arguments: [MCPVersion.july2026, .november2025, .november2024])
    func progressRisesBeforeTheAnswerInAStream(version: MCPVersion) async throws {
        let job = try await world.bench.add()
        let lease = try await world.bench.lease()[0]
        let hub = world.hub
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await hub.run() }
            async let answer = world.send(
                "tools/call", ["name": "wait_for_job", "arguments": ["job_id": .string(job), "seconds": 30]],
                in: version, meta: ["progressToken": "t"], events: true)
            try await eventually("the call listens") { hub.listenerCount > 0 }
            for overall in [0.25, 0.5] {
                world.bench.clock.advance(by: .seconds(1))
                _ = try await world.bench.progress(lease, ProgressReport(stage: "sampling", overall: overall))
            }
            _ = try await world.bench.complete(lease, result: ["output_id": .string(MCPWorld.small)])
            world.bench.signal.ring()
            let messages = try events(try await answer)
            let schema = try MCPSchema(version)
            let steps = messages.dropLast()
            #expect(!steps.isEmpty)
            for step in steps {
                #expect(schema.problems(step, as: "ProgressNotification").isEmpty, "\(step.encodedText())")
                #expect(step["params"]?["progressToken"] == "t")
            }
            let values = steps.compactMap { $0["params"]?["progress"]?.doubleValue }
            #expect(values == values.sorted() && Set(values).count == values.count, "it rises: \(values)")
            let result = messages.last?["result"]
            #expect(result?["isError"] == false && messages.last?["id"] == 1)
            let text = result?["content"]?[0]?["text"]?.stringValue ?? ""
            #expect(text.contains(#""state":"completed""#) && text.contains(MCPWorld.small))
            group.cancelAll()
            do { try await group.waitForAll() } catch is CancellationError {}
        }
    }

    @Test func aClientThatReadsNoStreamGetsOneAnswer() async throws {
        let job = try await world.bench.add()
        let answer = try await world.send(
            "tools/call", ["name": "wait_for_job", "arguments": ["job_id": .string(job), "seconds": 0]],
            meta: ["progressToken": 1])
        #expect(answer.headers[.contentType]?.hasPrefix("application/json") == true)
        #expect(answer.json["result"]?["structuredContent"]?["timed_out"] == true)
    }

    @Test func messagesForTheLogComeOnlyAtTheLevelThatIsWanted() async throws {
        func logs(_ level: JSONValue) async throws -> [JSONValue] {
            let answer = try await world.send(
                "tools/call", ["name": "list_characters"], meta: ["io.modelcontextprotocol/logLevel": level],
                events: true)
            return try events(answer).filter { $0["method"] == "notifications/message" }
        }
        #expect(try await logs("info").count == 1)
        #expect(try await logs("warning").isEmpty)
    }

    // MARK: Forms

    /// A message and pictures in one form, as `hearth mcp` sends them.
    private func post(_ parts: [(name: String, bytes: Data)]) async throws -> DoorClient.Answer {
        var body = Data()
        for part in parts {
            body += Data("--b\r\nContent-Disposition: form-data; name=\"\(part.name)\"\r\n\r\n".utf8) + part.bytes
            body += Data("\r\n".utf8)
        }
        return try await world.client.send(
            .post, "/mcp", body: body + Data("--b--\r\n".utf8), type: "multipart/form-data; boundary=b",
            headers: version("2025-11-25"))
    }

    private func message(_ tool: String, _ arguments: JSONObject) -> Data {
        let call: JSONValue = [
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": ["name": .string(tool), "arguments": .object(arguments)],
        ]
        return Data(call.encoded())
    }

    @Test func aPictureComesWithTheMessageThatIsAboutIt() async throws {
        let call = message("register_character_anchor", ["name": "Ada"])
        let answer = try await post([("message", call), ("picture", MCPWorld.picture)])
        #expect(answer.json["id"] == 1 && answer.json["result"]?["isError"] == false, "\(answer.text)")
        #expect(world.registered.withLock { $0 } == [MCPWorld.picture.count])
        for (tool, arguments, word) in [
            ("register_character_anchor", ["name": "A", "path": "a.png"], "more than one way"),
            ("list_jobs", [:], "takes no picture"), ("register_character_anchor", ["name": 7], "name"),
        ] as [(String, JSONObject, String)] {
            let refused = try await post([("message", message(tool, arguments)), ("picture", MCPWorld.picture)])
            #expect(refused.json["result"]?["isError"] == true && refused.text.contains(word), "\(refused.text)")
        }
        let text = try await post([("message", call), ("picture", Data("text".utf8))])
        #expect(text.json["result"]?["isError"] == true && text.text.contains("not an image"))
        #expect(world.registered.withLock { $0.count } == 1 && world.budget.bytesInFlight == 0)
    }

    @Test func aFormThatIsNotOneMessageAndOnePictureIsRefused() async throws {
        let (call, picture) = (message("register_character_anchor", ["name": "A"]), MCPWorld.picture)
        for parts in [
            [], [("message", call)], [("picture", picture)],
            [("message", call), ("message", call), ("picture", picture)],
            [("message", call), ("picture", picture), ("picture", picture)],
            [("message", Data("[]".utf8)), ("picture", picture)], [("message", Data("{".utf8)), ("picture", picture)],
        ] as [[(name: String, bytes: Data)]] {
            let refused = try await post(parts)
            #expect(refused.status == 400 && refused.json["error"]?["code"] == -32_700, "\(refused.text)")
        }
        #expect(world.registered.withLock { $0.isEmpty })
    }
}

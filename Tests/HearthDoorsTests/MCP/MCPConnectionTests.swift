import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthDoors

/// One client on standard input and output, as plain calls.
@Suite struct MCPConnectionTests {
    private static func connection() async throws -> MCPConnection {
        let world = try await MCPWorld()
        return MCPConnection(MCPDeclarations(world.server.registry, over: .stdio))
    }

    private func request(_ method: String, _ params: JSONObject = [:], id: JSONValue = 1) -> JSONValue {
        ["jsonrpc": "2.0", "id": id, "method": .string(method), "params": .object(params)]
    }

    private func reply(_ step: MCPConnection.Step) throws -> JSONValue {
        guard case .reply(let reply) = step else {
            Issue.record("\(step)")
            return .null
        }
        return reply
    }

    private static let hello: JSONObject = [
        "protocolVersion": "2025-06-18", "capabilities": [:], "clientInfo": ["name": "c", "version": "1"],
    ]

    @Test(.enabled(if: SharedData.has(MCPSchema.folder), SharedData.comment(MCPSchema.folder)))
    func whatNeedsNoServerIsAnsweredByItselfInBothEras() async throws {
        var connection = try await Self.connection()
        let first = try reply(connection.take(request("initialize", Self.hello)))
        #expect(first["result"]?["protocolVersion"] == "2025-06-18")
        #expect(first["result"]?["capabilities"]?["resources"]?["subscribe"] == true)
        for method in ["ping", "tools/list", "prompts/list", "resources/templates/list"] {
            let answer = try reply(connection.take(request(method)))
            #expect(answer["result"] != nil && answer["result"]?["resultType"] == nil, "\(method)")
        }
        // The same connection carries requests of the other era.
        let listen = MCPRequest.listen(to: .inbox, id: "x")
        let meta = listen.params["_meta"] ?? .null
        for (method, type) in [("server/discover", "DiscoverResult"), ("tools/list", "ListToolsResult")] {
            let answer = try reply(connection.take(request(method, ["_meta": meta])))
            #expect(try MCPSchema(.july2026).problems(answer["result"] ?? .null, as: type).isEmpty)
        }
    }

    @Test func theRestIsForTheServerByTheRevisionThatWasAgreedOn() async throws {
        var connection = try await Self.connection()
        _ = connection.take(request("initialize", Self.hello))
        guard case .forward(let call) = connection.take(request("tools/call", ["name": "list_jobs"], id: "a")) else {
            Issue.record("it needs the server")
            return
        }
        #expect(call.version == .june2025 && call.message == request("tools/call", ["name": "list_jobs"], id: "a"))
    }

    @Test func aRequestIsCancelledWhileItRunsAndNotAfter() async throws {
        var connection = try await Self.connection()
        let cancel: JSONValue = [
            "jsonrpc": "2.0", "method": "notifications/cancelled", "params": ["requestId": "a"],
        ]
        #expect(connection.take(cancel) == .nothing)
        _ = connection.take(request("tools/call", ["name": "list_jobs"], id: "a"))
        #expect(connection.take(cancel) == .cancel(.text("a")))
        let twice = try reply(connection.take(request("tools/call", ["name": "list_jobs"], id: "a")))
        #expect(twice["error"]?["code"] == -32_600, "an id is for one request at a time")
        connection.end(.text("a"))
        #expect(connection.take(cancel) == .nothing)
    }

    @Test func resourcesAreFollowedInTheFirstEra() async throws {
        var connection = try await Self.connection()
        _ = connection.take(request("initialize", Self.hello))
        let uri = MCPResourceURI.job(MCPWorld.absent)
        let subscribe = request("resources/subscribe", ["uri": .string(uri.text)])
        let done: JSONValue = ["jsonrpc": "2.0", "id": 1, "result": [:]]
        #expect(connection.take(subscribe) == .follow(uri, reply: done))
        #expect(connection.take(subscribe) == .reply(done), "once")
        let unsubscribe = request("resources/unsubscribe", ["uri": .string(uri.text)])
        #expect(connection.take(unsubscribe) == .unfollow(uri, reply: done))
        #expect(connection.take(unsubscribe) == .reply(done))
        let wrong = try reply(connection.take(request("resources/subscribe", ["uri": "file:///a"])))
        #expect(wrong["error"]?["code"] == -32_602)
        for _ in 0..<Limits.mcpFollowedResources {
            _ = connection.take(request("resources/subscribe", ["uri": .string("hearth://jobs/\(Identifier.make())")]))
        }
        #expect(try reply(connection.take(subscribe))["error"]?["code"] == -32_602, "no more than can be followed")
    }

    @Test func moreRequestsThanCanRunAreRefused() async throws {
        var connection = try await Self.connection()
        for number in 0..<Limits.mcpBridgedRequests {
            guard
                case .forward = connection.take(
                    request("tools/call", ["name": "list_jobs"], id: .int(Int64(number))))
            else {
                Issue.record("number \(number)")
                return
            }
        }
        let refused = try reply(connection.take(request("tools/call", ["name": "list_jobs"], id: "more")))
        #expect(refused["error"]?["code"] == 429)
    }

    @Test func aCallThatCannotBePassedOnIsAResultThatAModelReads() async throws {
        var connection = try await Self.connection()
        guard case .forward(let call) = connection.take(request("tools/call", ["name": "list_jobs"])),
            case .forward(let read) = connection.take(request("resources/list", id: 2))
        else {
            Issue.record("both need the server")
            return
        }
        let gone = HearthError(.storageUnavailable, "The server is gone.")
        #expect(call.failed(gone)["result"]?["isError"] == true)
        #expect(read.failed(gone)["error"]?["message"] == "The server is gone.")
    }
}

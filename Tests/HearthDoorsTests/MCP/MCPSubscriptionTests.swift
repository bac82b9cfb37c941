import HearthCore
import HearthJSON
import HearthJobs
import HearthTesting
import Logging
import Testing

@testable import HearthDoors

/// Clients that listen hear which resources are followed, and then of each change, until they leave.
@Suite(.timeLimit(.minutes(3))) struct MCPSubscriptionTests {
    private let world: MCPWorld
    private let heard = Locked<[JSONValue]>([])

    init() async throws { world = try await MCPWorld() }

    private func caller(_ principal: Principal = .local) -> MCPCaller {
        let heard = heard
        return MCPCaller(
            principal: principal, requestID: "r", base: "http://test", start: .now, logger: .quiet,
            reserve: { _ throws(HearthError) in }, notify: { message in heard.withLock { $0.append(message) } })
    }

    private func request(_ uris: [JSONValue]?) throws -> MCPRequest {
        var notifications = JSONObject()
        if let uris { notifications["resourceSubscriptions"] = .array(uris) }
        let listen = MCPRequest.listen(to: .inbox, id: "l")
        var params = listen.params
        params["notifications"] = .object(notifications)
        return listen.with(params: params)
    }

    /// Listens while `body` runs.
    private func listening(_ request: MCPRequest, _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (world, listener) = (world, caller())
            group.addTask { try await world.hub.run() }
            group.addTask { try await world.server.subscriptions.listen(request, for: listener) }
            try await eventually("it is acknowledged") { heard.withLock { !$0.isEmpty } }
            try await body()
            group.cancelAll()
            do { try await group.waitForAll() } catch is CancellationError {}
        }
    }

    @Test(.enabled(if: SharedData.has(MCPSchema.folder), SharedData.comment(MCPSchema.folder)))
    func aJobIsFollowedToItsEnd() async throws {
        let schema = try MCPSchema(.july2026)
        let job = try await world.bench.add()
        let uri = MCPResourceURI.job(job).text
        try await listening(request([.string(uri), .string("hearth://jobs/\(MCPWorld.absent)")])) {
            let first = heard.withLock { $0[0] }
            #expect(schema.problems(first, as: "SubscriptionsAcknowledgedNotification").isEmpty)
            #expect(first["params"]?["notifications"] == ["resourceSubscriptions": [.string(uri)]], "what there is")
            _ = try await world.bench.complete(world.bench.lease()[0])
            world.bench.signal.ring()
            try await eventually("the change is told") { heard.withLock { $0.count > 1 } }
            let news = heard.withLock { $0[1] }
            #expect(schema.problems(news, as: "ResourceUpdatedNotification").isEmpty, "\(news.encodedText())")
            #expect(news["params"]?["uri"] == .string(uri))
            #expect(news["params"]?["_meta"]?["io.modelcontextprotocol/subscriptionId"] == "l")
        }
    }

    @Test func aListenerWithoutResourcesIsAcknowledgedAndStays() async throws {
        try await listening(request(nil)) {
            #expect(heard.withLock { $0.count } == 1)
            #expect(heard.withLock { $0[0]["params"]?["notifications"] } == [:])
        }
    }

    @Test func tooManyResourcesAndListenersAreRefused() async throws {
        let uris = (0...Limits.mcpFollowedResources).map { _ in JSONValue.string("hearth://jobs/\(Identifier.make())") }
        await #expect(throws: MCPError.self) {
            try await world.server.subscriptions.listen(request(uris), for: caller())
        }
        for wrong in [[7], ["file:///etc/passwd"]] as [[JSONValue]] {
            await #expect(throws: MCPError.self) {
                try await world.server.subscriptions.listen(request(wrong), for: caller())
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (world, listener) = (world, caller())
            for _ in 0..<Limits.tenantMCPSubscriptions {
                let request = try request(nil)
                group.addTask { try await world.server.subscriptions.listen(request, for: listener) }
            }
            try await eventually("all listen") { heard.withLock { $0.count } == Limits.tenantMCPSubscriptions }
            do {
                try await world.server.subscriptions.listen(request(nil), for: listener)
                Issue.record("one more was let in")
            } catch let error as HearthError { #expect(error.code == .overloaded) }
            group.cancelAll()
            do { try await group.waitForAll() } catch is CancellationError {}
        }
    }
}

import HearthCore
import HearthHTTP
import HearthTesting
import Hummingbird
import NIOCore
import Testing

@testable import HearthHTTP

/// Who is closed when there are too many connections.
@Suite(.timeLimit(.minutes(3))) struct OpenConnectionsTests {
    /// Connections of a test, by names.
    private final class Crowd: Sendable {
        let connections: OpenConnections
        private let closedNames = Locked<[String]>([])
        private let time = Locked<UInt64>(0)

        init(limit: Int) { connections = OpenConnections(limit: limit) }

        var closed: [String] { closedNames.withLock { $0 } }

        /// A connection that waits for something since a moment after the last one began to.
        @discardableResult func add(
            _ name: String, from address: String = "a", waitingFor wait: OpenConnections.Wait
        ) -> OpenConnections.Entry {
            let now = time.withLock { time in
                time += 1
                return NIODeadline.uptimeNanoseconds(time)
            }
            let entry = connections.add({ address }, now: now) { [closedNames] in
                closedNames.withLock { $0.append(name) }
            }
            entry.note(wait, now: now)
            return entry
        }
    }

    @Test func nobodyIsClosedWithinTheLimit() {
        let crowd = Crowd(limit: 3)
        for name in ["a", "b", "c"] { crowd.add(name, waitingFor: .head) }
        #expect(crowd.closed == [])
    }

    @Test func theOneThatHasWaitedLongestGoesFirst() {
        let crowd = Crowd(limit: 3)
        for name in ["a", "b", "c", "d", "e"] { crowd.add(name, waitingFor: .head) }
        #expect(crowd.closed == ["a", "b"])
    }

    @Test func whoHasNotSaidWhoItIsGoesBeforeOthers() {
        let crowd = Crowd(limit: 4)
        crowd.add("body", waitingFor: .body)
        crowd.add("idle", waitingFor: .request)
        crowd.add("head", waitingFor: .head)
        crowd.add("busy", waitingFor: .nothing)
        for name in ["x", "y", "z"] { crowd.add(name, waitingFor: .nothing) }
        #expect(crowd.closed == ["head", "idle", "body"])
    }

    @Test func whoIsBeingAnsweredIsNeverClosed() {
        let crowd = Crowd(limit: 2)
        for name in ["a", "b", "c", "d"] { crowd.add(name, waitingFor: .nothing) }
        #expect(crowd.closed == [])
    }

    @Test func theAddressWithMostConnectionsLosesThem() {
        let crowd = Crowd(limit: 4)
        crowd.add("single", from: "b", waitingFor: .head)
        for name in ["1", "2", "3", "4", "5"] { crowd.add(name, from: "crowd", waitingFor: .body) }
        #expect(crowd.closed == ["1", "2"], "although the other one has waited longer, and for less")
    }

    @Test func aConnectionThatIsClosedLeavesItsPlace() {
        let crowd = Crowd(limit: 2)
        let first = crowd.add("first", waitingFor: .head)
        crowd.add("second", waitingFor: .head)
        crowd.connections.remove(first)
        crowd.add("third", waitingFor: .head)
        #expect(crowd.closed == [])
    }

    @Test func waitingAgainBeginsAnew() {
        let crowd = Crowd(limit: 2)
        let first = crowd.add("first", waitingFor: .head)
        crowd.add("second", waitingFor: .head)
        first.note(.nothing, now: .uptimeNanoseconds(100))
        first.note(.head, now: .uptimeNanoseconds(200))
        crowd.add("third", waitingFor: .head)
        #expect(crowd.closed == ["second"])
    }

    /// All of one address, as behind a proxy, and not one of them would be closed by itself in this test's time.
    @Test(arguments: [
        "", "G", "GET /hello HTTP/1.1\r\nHost: a\r\nX-Half",
        "POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx",
    ])
    func aServerFullOfSlowClientsAnswersTheNextOne(start: String) async throws {
        var limits = HTTPConnectionLimits()
        limits.connections = 4
        limits.silentConnection = .seconds(3_600)
        limits.requestArrival = .seconds(3_600)
        try await DoorServer.run(
            limits: limits,
            routes: { router in
                router.post("hello") { request, _ in
                    _ = try await RequestBody.collect(from: request, limit: 9, budget: BodyBudget())
                    return "hello"
                }
            }
        ) { address, _ in
            try await Self.hold(12, start, at: address) {
                for _ in 0..<3 {
                    try await RawClient.connect(to: address) { client in
                        await client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
                        #expect(await client.readResponse().body == "hello")
                    }
                }
            }
        }
    }

    /// Runs the body while so many connections have sent the start of a request.
    private static func hold(
        _ count: Int, _ start: String, at address: DoorServer.Address,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        guard count > 0 else { return try await body() }
        try await RawClient.connect(to: address) { client in
            if !start.isEmpty { await client.send(start) }
            try await hold(count - 1, start, at: address, body)
        }
    }
}

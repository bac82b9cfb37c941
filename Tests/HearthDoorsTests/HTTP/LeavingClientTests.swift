import HearthCore
import HearthHTTP
import HearthTesting
import Hummingbird
import Testing

/// What becomes of the work for a client that has left, and of one that only sends no more.
@Suite(.timeLimit(.minutes(3))) struct LeavingClientTests {
    /// Handlers that have begun, and how each has ended.
    private let begun = AsyncStream.makeStream(of: Void.self)
    private let ended = AsyncStream.makeStream(of: String.self)

    /// Runs a server whose handler at `/slow` ends when it is cancelled, or when the gate is opened.
    private func run(
        until gate: TestGate = TestGate(), probe: Duration = .milliseconds(20), path: String? = nil,
        _ test: @escaping @Sendable (DoorServer.Address) async throws -> Void
    ) async throws {
        let (begun, ended) = (begun.continuation, ended.continuation)
        var limits = HTTPConnectionLimits()
        limits.presenceProbe = probe
        let routes = { (router: Router<BasicRequestContext>) in
            _ = router.on("slow", method: .post) { request, _ -> String in
                _ = try await request.body.collect(upTo: 1_000)
                begun.yield()
                do {
                    try await gate.pass()
                } catch {
                    ended.yield("cancelled")
                    throw error
                }
                ended.yield("done")
                return "done"
            }
        }
        try await DoorServer.run(limits: limits, path: path, routes: routes) { address, _ in try await test(address) }
    }

    private func hasBegun() async {
        var iterator = begun.stream.makeAsyncIterator()
        _ = await iterator.next()
    }

    private func ending() async -> String? {
        var iterator = ended.stream.makeAsyncIterator()
        return await iterator.next()
    }

    private static func request(version: String = "1.1") -> String {
        "POST /slow HTTP/\(version)\r\nHost: test\r\nContent-Length: 2\r\n\r\n{}"
    }

    @Test func theWorkForAClientThatHasLeftIsCancelled() async throws {
        try await run { address in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request())
                await hasBegun()
                await client.drop()
            }
            #expect(await ending() == "cancelled")
        }
    }

    @Test func soIsThatBehindAUnixSocket() async throws {
        let folder = try TemporaryFolder(.memory)
        try await run(path: folder.file("s")) { address in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request())
                await hasBegun()
                await client.drop()
            }
            #expect(await ending() == "cancelled")
        }
    }

    @Test func thatOfAPipelinedRequestIsNeverBegun() async throws {
        try await run { address in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request() + Self.request())
                await hasBegun()
                await client.drop()
            }
            #expect(await ending() == "cancelled")
        }
        ended.continuation.finish()
        #expect(await ending() == nil)
    }

    @Test func whoClosedOnlyItsHalfGetsItsAnswer() async throws {
        let gate = TestGate()
        try await run(until: gate) { address in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request())
                await client.closeOutput()
                let question = await client.read(through: "100 Continue\r\n\r\n")
                #expect(question == "HTTP/1.1 100 Continue\r\n\r\n", "it is asked whether it still reads")
                gate.open()
                let answer = await client.readToEnd()
                #expect(answer.contains("HTTP/1.1 200 OK\r\n"))
                #expect(answer.hasSuffix("done"))
            }
            #expect(await ending() == "done")
        }
    }

    @Test func aQuickAnswerToAClosedHalfComesAlone() async throws {
        let gate = TestGate()
        gate.open()
        try await run(until: gate, probe: .seconds(30)) { address in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request())
                await client.closeOutput()
                #expect(await client.readToEnd().hasPrefix("HTTP/1.1 200 OK\r\n"))
            }
        }
    }

    @Test func aClientOfHTTP10ThatClosedItsHalfIsNotAsked() async throws {
        let gate = TestGate()
        try await run(until: gate) { address in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request(version: "1.0"))
                await client.closeOutput()
                await hasBegun()
                // Time for several questions, if there were any.
                try await Task.sleep(for: .milliseconds(300))
                gate.open()
                let answer = await client.readToEnd()
                #expect(answer.hasPrefix("HTTP/1.0 200 OK\r\n"))
                #expect(answer.hasSuffix("done"))
            }
        }
    }

    @Test func whoClosedItsHalfAndLeavesLaterIsNoticedToo() async throws {
        try await run { address in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request())
                await hasBegun()
                await client.closeOutput()
                _ = await client.read(through: "100 Continue\r\n\r\n")
                await client.drop()
            }
            #expect(await ending() == "cancelled")
        }
    }
}

import HearthCore
import HearthHTTP
import HearthTesting
import Hummingbird
import Testing

/// What becomes of the work for a client that has left, and of one that only sends no more.
@Suite(.timeLimit(.minutes(1))) struct LeavingClientTests {
    /// Handlers that have begun, and how each has ended.
    private let begun = AsyncStream.makeStream(of: Void.self)
    private let ended = AsyncStream.makeStream(of: String.self)

    /// Runs a server whose handler at `/slow` ends when it is cancelled, or after a time.
    private func run(
        after time: Duration, probe: Duration = .milliseconds(20), path: String? = nil,
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
                    try await Task.sleep(for: time)
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
        try await run(after: .seconds(600)) { address in
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
        try await run(after: .seconds(600), path: folder.file("s")) { address in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request())
                await hasBegun()
                await client.drop()
            }
            #expect(await ending() == "cancelled")
        }
    }

    @Test func thatOfAPipelinedRequestIsNeverBegun() async throws {
        try await run(after: .seconds(600)) { address in
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
        try await run(after: .milliseconds(300)) { address in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request())
                await client.closeOutput()
                let answer = await client.readToEnd()
                #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\n"), "it was asked whether it still reads")
                #expect(answer.contains("HTTP/1.1 200 OK\r\n"))
                #expect(answer.hasSuffix("done"))
            }
            #expect(await ending() == "done")
        }
    }

    @Test func aQuickAnswerToAClosedHalfComesAlone() async throws {
        try await run(after: .zero, probe: .seconds(30)) { address in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request())
                await client.closeOutput()
                #expect(await client.readToEnd().hasPrefix("HTTP/1.1 200 OK\r\n"))
            }
        }
    }

    @Test func aClientOfHTTP10ThatClosedItsHalfIsNotAsked() async throws {
        try await run(after: .milliseconds(300)) { address in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request(version: "1.0"))
                await client.closeOutput()
                let answer = await client.readToEnd()
                #expect(answer.hasPrefix("HTTP/1.0 200 OK\r\n"))
                #expect(answer.hasSuffix("done"))
            }
        }
    }

    @Test func whoClosedItsHalfAndLeavesLaterIsNoticedToo() async throws {
        try await run(after: .seconds(600)) { address in
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

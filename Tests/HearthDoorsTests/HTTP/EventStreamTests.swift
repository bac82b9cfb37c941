import HTTPTypes
import HearthCore
import HearthHTTP
import HearthTesting
import Hummingbird
import NIOCore
import Testing

/// Server-Sent Events (WHATWG HTML, section 9.2).
@Suite(.timeLimit(.minutes(3)))
struct EventStreamTests {
    @Test(arguments: [
        (ServerSentEvent(data: ""), "data: \n\n"),
        (ServerSentEvent(id: "7", event: "progress", data: #"{"a":1}"#), "id: 7\nevent: progress\ndata: {\"a\":1}\n\n"),
        (ServerSentEvent(data: "a\nb\r\nc\rd\n"), "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n"),
        (ServerSentEvent(id: "1\ndata: forged", event: "x\r\rdata: y", data: "z"), "id: 1\nevent: x\ndata: z\n\n"),
    ])
    func writesTheFieldsOfAnEvent(event: ServerSentEvent, text: String) {
        var buffer = ByteBuffer()
        event.write(into: &buffer)
        #expect(String(buffer: buffer) == text)
    }

    /// Removes the chunk sizes around each write.
    private static func unchunked(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let lineEnd = rest.firstRange(of: "\r\n"), let size = Int(rest[..<lineEnd.lowerBound], radix: 16),
            size > 0
        {
            let chunk = rest[lineEnd.upperBound...].utf8.prefix(size)
            result += String(chunk) ?? ""
            rest = rest[chunk.endIndex...].dropFirst(1)
        }
        return result
    }

    private static func run<Events: AsyncSequence & Sendable>(
        _ events: Events, keepAlive: Duration = .seconds(60),
        until end: @escaping @Sendable () async -> Void = { try? await Task.sleep(for: .seconds(3_600)) },
        _ test: @escaping @Sendable (RawClient, @escaping @Sendable () async -> Void) async throws -> Void
    ) async throws where Events.Element == ServerSentEvent {
        try await DoorServer.run(routes: { router in
            router.get("events") { request, _ in
                EventStream.response(to: request, events: events, until: end, keepAlive: keepAlive, retry: .seconds(2))
            }
        }) { address, stop in
            try await RawClient.connect(to: address) { client in
                await client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
                try await test(client, stop)
            }
        }
    }

    @Test func deliversAllEventsThenEnds() async throws {
        let events = AsyncStream<ServerSentEvent> { continuation in
            for index in 0..<100 { continuation.yield(ServerSentEvent(id: "\(index)", data: "\(index)")) }
            continuation.finish()
        }
        try await Self.run(events) { client, _ in
            let head = RawResponse(head: await client.read(through: "\r\n\r\n"))
            #expect(head.status == 200)
            #expect(head.header("content-type") == "text/event-stream")
            #expect(head.header("cache-control") == "no-cache")
            #expect(head.header("x-accel-buffering") == "no")
            let text = Self.unchunked(await client.read(through: "\r\n0\r\n\r\n"))
            #expect(text.hasPrefix("retry: 2000\n\n"))
            let ids = text.split(separator: "\n").filter { $0.hasPrefix("id: ") }.map { $0.dropFirst(4) }
            #expect(ids.map { Int($0) } == (0..<100).map(Optional.some))
        }
    }

    @Test func sendsCommentsWhileNothingHappens() async throws {
        let (events, source) = AsyncStream<ServerSentEvent>.makeStream()
        try await Self.run(events, keepAlive: .milliseconds(20)) { client, _ in
            _ = await client.read(through: "\r\n\r\n")
            _ = await client.read(through: "retry: 2000\n\n\r\n")
            for _ in 0..<3 { #expect(await client.read(through: ":\n\n\r\n").hasSuffix(":\n\n\r\n")) }
            source.yield(ServerSentEvent(data: "x"))
            #expect(await client.read(through: "data: x\n\n").hasSuffix("data: x\n\n"))
        }
    }

    @Test func cancelsItsSourceWhenTheClientLeaves() async throws {
        let (ends, end) = AsyncStream<Bool>.makeStream()
        let (events, source) = AsyncStream<ServerSentEvent>.makeStream()
        source.onTermination = { reason in
            if case .cancelled = reason { end.yield(true) } else { end.yield(false) }
        }
        source.yield(ServerSentEvent(data: "first"))
        try await Self.run(events) { client, _ in
            _ = await client.read(through: "data: first")
            await client.drop()
            var iterator = ends.makeAsyncIterator()
            #expect(await iterator.next() == true)
        }
    }

    @Test func endsCleanlyWhenTheServerStops() async throws {
        let (events, source) = AsyncStream<ServerSentEvent>.makeStream()
        source.yield(ServerSentEvent(data: "first"))
        try await Self.run(events) { client, stop in
            _ = await client.read(through: "data: first")
            await stop()
            #expect(await client.readToEnd().hasSuffix("\r\n0\r\n\r\n"))
        }
    }

    @Test func endsCleanlyWhenItsClientMayNotBeServedAnyLonger() async throws {
        let (events, source) = AsyncStream<ServerSentEvent>.makeStream()
        let (ends, end) = AsyncStream<Void>.makeStream()
        source.yield(ServerSentEvent(data: "first"))
        try await Self.run(events, until: { for await _ in ends {} }) { client, _ in
            _ = await client.read(through: "data: first")
            end.finish()
            #expect(await client.read(through: "\r\n0\r\n\r\n").hasSuffix("\r\n0\r\n\r\n"))
        }
    }

    /// Such a client would keep its stream for as long as the server lets a client take nothing.
    @Test func endsAtOnceWhenItsClientMayNotBeServedAnyLongerAndDoesNotRead() async throws {
        let (ends, end) = AsyncStream<Void>.makeStream()
        let (answers, answered) = AsyncStream<Void>.makeStream()
        let written = Locked(0)
        let data = String(repeating: "x", count: 60_000)
        let events = AsyncStream<ServerSentEvent> {
            written.withLock { $0 += 1 }
            return ServerSentEvent(data: data)
        }
        var limits = HTTPConnectionLimits()
        limits.writeStall = .seconds(3_600)
        try await DoorServer.run(
            limits: limits,
            routes: { router in
                router.get("events") { request, _ in
                    var response = EventStream.response(
                        to: request, events: events, until: { for await _ in ends {} })
                    let body = response.body
                    response.body = ResponseBody { writer in
                        defer { answered.yield() }
                        try await body.write(writer)
                    }
                    return response
                }
            }
        ) { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
                // Until all buffers between the two are full: nothing more has been written for a while.
                let last = Locked((count: 0, looks: 0))
                try await eventually("the client takes nothing") {
                    let count = written.withLock { $0 }
                    return last.withLock { last in
                        last = count == last.count ? (count, last.looks + 1) : (count, 0)
                        return count > 20 && last.looks > 50
                    }
                }
                end.finish()
                var iterator = answers.makeAsyncIterator()
                _ = await iterator.next()
            }
        }
    }

    @Test func cutsTheConnectionWhenItsSourceFails() async throws {
        let events = AsyncThrowingStream<ServerSentEvent, any Error> { continuation in
            continuation.yield(ServerSentEvent(data: "first"))
            continuation.finish(throwing: HearthError(.internalError, "Broken."))
        }
        try await Self.run(events) { client, _ in
            let text = await client.readToEnd()
            #expect(text.contains("data: first"))
            #expect(!text.hasSuffix("\r\n0\r\n\r\n"))
        }
    }
}

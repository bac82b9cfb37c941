import HTTPTypes
import HearthCore
import HearthHTTP
import Hummingbird
import Logging
import Testing

/// Clients that are slow, or leave in the middle.
@Suite(.timeLimit(.minutes(3)))
struct SlowClientTests {
    private static func limits(arrival: Duration = .seconds(30), idle: Duration = .seconds(60)) -> HTTPConnectionLimits
    {
        var limits = HTTPConnectionLimits()
        limits.requestArrival = arrival
        limits.idleConnection = idle
        limits.linger = .milliseconds(200)
        return limits
    }

    /// What a handler saw of a body.
    private final class Outcome: Sendable {
        private let stream = AsyncStream<String>.makeStream()
        let budget = BodyBudget(limit: 4_000)

        func say(_ text: String) { stream.continuation.yield(text) }

        func next() async -> String? {
            var iterator = stream.stream.makeAsyncIterator()
            return await iterator.next()
        }

        func route(_ router: Router<BasicRequestContext>) {
            router.post("body") { request, _ in
                do {
                    let body = try await RequestBody.collect(from: request, limit: 2_000, budget: self.budget)
                    self.say("got \(body.bytes.readableBytes)")
                    return "\(body.bytes.readableBytes)"
                } catch let error as HearthError {
                    self.say(error.code.rawValue)
                    throw error
                }
            }
        }
    }

    @Test func aHeadThatDoesNotArriveIsAnsweredWith408() async throws {
        try await DoorServer.run(limits: Self.limits(arrival: .milliseconds(150))) { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send("GET /hello HTTP/1.1\r\nHost: a\r\nX-Slow")
                let response = await client.readResponse()
                #expect(response.status == 408)
                #expect(response.errorCode == "request_timeout")
                #expect(await client.readToEnd() == "")
            }
        }
    }

    @Test func aBodyThatDoesNotArriveIsAnsweredWith408() async throws {
        let outcome = Outcome()
        try await DoorServer.run(limits: Self.limits(arrival: .milliseconds(150)), routes: outcome.route) {
            address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc")
                let response = await client.readResponse()
                #expect(response.status == 408)
                #expect(response.errorCode == "request_timeout")
                #expect(response.header("connection") == "close")
                #expect(await client.readToEnd() == "")
            }
        }
        #expect(await outcome.next() == "request_timeout")
        #expect(outcome.budget.bytesInFlight == 0)
    }

    @Test func aRequestThatTakesLongToAnswerIsNotTimedOut() async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        let limits = Self.limits(arrival: .milliseconds(800), idle: .milliseconds(800))
        try await DoorServer.run(
            limits: limits,
            routes: { router in
                router.get("late") { _, _ in
                    for await _ in gate { break }
                    return "late"
                }
            }
        ) { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n")
                // Another connection is closed for its idleness: more time than the limits has passed by then.
                try await RawClient.connect(to: address) { #expect(await $0.readToEnd() == "") }
                open.yield()
                #expect(await client.readResponse().body == "late")
            }
        }
    }

    @Test func anIdleConnectionIsClosedWithoutAWord() async throws {
        try await DoorServer.run(limits: Self.limits(idle: .seconds(1))) { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(await client.readResponse().body == "hello")
                #expect(await client.readToEnd() == "")
            }
        }
    }

    @Test(arguments: [
        "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc",
        "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nabc",
        "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ])
    func anUploadThatEndsEarlyIsNeverTakenForAWholeOne(bytes: String) async throws {
        for isHalf in [true, false] {
            let outcome = Outcome()
            let levels = LogRecorder.Levels()
            let logger = Logger(label: "log") { _ in LogRecorder(levels: levels) }
            try await DoorServer.run(limits: Self.limits(), logger: logger, routes: outcome.route) { address, _ in
                try await RawClient.connect(to: address) { client in
                    await client.send(bytes)
                    if isHalf {
                        await client.closeOutput()
                        // On a slow machine the door asks meanwhile whether the client still listens (decision 0013).
                        let answer = await client.readToEnd().replacing("HTTP/1.1 100 Continue\r\n\r\n", with: "")
                        #expect(answer.hasPrefix("HTTP/1.1 400"))
                    } else {
                        await client.drop()
                    }
                }
                #expect(await outcome.next() == "invalid_request")
            }
            #expect(outcome.budget.bytesInFlight == 0)
            #expect(!levels.all.isEmpty && levels.all.allSatisfy { $0 < .warning })
        }
    }

    @Test func aBudgetBoundsAllBodiesTogether() async throws {
        let outcome = Outcome()
        try await DoorServer.run(limits: Self.limits(), routes: outcome.route) { address, _ in
            // Two uploads hold 3,800 of 4,000 bytes and wait for one byte each; the third finds no space.
            let part =
                "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 1901\r\n\r\n" + String(repeating: "x", count: 1_900)
            try await RawClient.connect(to: address) { first in
                try await RawClient.connect(to: address) { second in
                    await first.send(part)
                    await second.send(part)
                    while outcome.budget.bytesInFlight < 3_800 { try? await Task.sleep(for: .milliseconds(1)) }
                    try await RawClient.connect(to: address) { third in
                        await third.send(part)
                        let response = await third.readResponse()
                        #expect(response.status == 429)
                        #expect(response.errorCode == "overloaded")
                        #expect(response.header("retry-after") == "1")
                    }
                    await first.send("y")
                    #expect(await first.readResponse().body == "1901")
                    await second.send("y")
                    #expect(await second.readResponse().body == "1901")
                }
            }
        }
        #expect(outcome.budget.bytesInFlight == 0)
    }
}

import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import HearthTesting
import Hummingbird
import NIOCore
import NIOPosix
import Testing

/// The HTTP door over a real socket.
@Suite(.timeLimit(.minutes(3)))
struct HTTPConnectionTests {
    private static func request(_ method: String, _ path: String, _ headers: String = "", body: String = "") -> String {
        let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
        return "\(method) \(path) HTTP/1.1\r\nHost: test\r\n\(headers)\(length)\r\n\(body)"
    }

    /// `POST /echo` gives the body back; it takes 1000 bytes.
    private static let echo: @Sendable (Router<BasicRequestContext>) -> Void = { router in
        let budget = BodyBudget(limit: 4_000)
        router.post("echo") { request, _ in
            let body = try await RequestBody.collect(from: request, limit: 1_000, budget: budget)
            return Response(status: .ok, body: ResponseBody(byteBuffer: body.bytes))
        }
    }

    @Test func keepsAConnectionForManyRequests() async throws {
        try await DoorServer.run { address, _ in
            try await RawClient.connect(to: address) { client in
                for _ in 0..<20 {
                    await client.send(Self.request("GET", "/hello"))
                    let response = await client.readResponse()
                    #expect(response.status == 200)
                    #expect(response.body == "hello")
                    #expect(response.header("connection") == nil)
                }
            }
        }
    }

    /// Two requests that compute for long would hold all cooperative threads, and no connection would be accepted.
    @Test func longBodiesAreReadAndAnsweredOnThreadsForRequests() async throws {
        let routes: @Sendable (Router<BasicRequestContext>) -> Void = { router in
            router.post("where") { request, _ in
                let body = try await RequestBody.collect(from: request, limit: 9_000, budget: BodyBudget())
                await Task.yield()
                return "\(ThreadName.current.hasPrefix(RequestThreads.namePrefix)) \(body.bytes.readableBytes)"
            }
        }
        let longest = Limits.shortBodyBytes
        try await DoorServer.run(routes: routes) { address, _ in
            try await RawClient.connect(to: address) { client in
                for (count, isThere) in [(longest, false), (longest + 1, true), (1, false)] {
                    await client.send(Self.request("POST", "/where", body: String(repeating: "x", count: count)))
                    #expect(await client.readResponse().body == "\(isThere) \(count)")
                }
                await client.send(
                    Self.request("POST", "/where", "Transfer-Encoding: chunked\r\n") + "1\r\nx\r\n0\r\n\r\n")
                #expect(await client.readResponse().body == "true 1", "it may become as long as it likes")
            }
        }
    }

    /// The name of the thread that runs.
    private enum ThreadName {
        static var current: String { Thread.current.name ?? "" }
    }

    @Test(arguments: ["FOO", "get", "Get", "X-GET"])
    func aMethodThatHTTPDoesNotKnowIsNotImplemented(method: String) async throws {
        try await DoorServer.run { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request(method, "/hello"))
                let response = await client.readResponse()
                #expect(response.status == 501)
                #expect(response.errorCode == "not_implemented")
            }
        }
    }

    @Test(arguments: ["DELETE", "PROPFIND", "TRACE"])
    func aMethodThatThePathDoesNotKnowIsNotAllowed(method: String) async throws {
        try await DoorServer.run { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request(method, "/hello"))
                let response = await client.readResponse()
                #expect(response.status == 405)
                #expect(response.header("allow") == "GET, HEAD")
            }
        }
    }

    @Test func aTargetOrHeaderWhoseComparisonTakesLongIsRefused() async throws {
        let marks = String(String.UnicodeScalarView((0..<600).map { $0 % 2 == 0 ? "\u{301}" : "\u{316}" }))
        for request in [
            Self.request("GET", "/hello/a\(marks)"), Self.request("GET", "/hello", "X-Note: a\(marks)\r\n"),
        ] {
            try await DoorServer.run { address, _ in
                try await RawClient.connect(to: address) { client in
                    await client.send(request)
                    let response = await client.readResponse()
                    #expect(response.status == 400)
                    #expect(response.errorCode == "invalid_request")
                }
            }
        }
    }

    @Test func onlyQuickRequestsAreAnsweredOnTheThreadOfTheirConnection() async throws {
        let routes: @Sendable (Router<BasicRequestContext>) -> Void = { router in
            for path in ["quick", "slow"] {
                router.get(RouterPath(path)) { _, _ in
                    await Task.yield()
                    return MultiThreadedEventLoopGroup.currentEventLoop == nil ? "elsewhere" : "here"
                }
            }
        }
        try await DoorServer.run(isQuick: { $0.path == "/quick" }, routes: routes) { address, _ in
            try await RawClient.connect(to: address) { client in
                for (path, place) in [("/quick", "here"), ("/slow", "elsewhere"), ("/quick", "here")] {
                    await client.send(Self.request("GET", path))
                    #expect(await client.readResponse().body == place)
                }
            }
        }
    }

    @Test(arguments: [true, false])
    func theHeadOfAnAnswerWaitsForTheBodyThatItAnnounces(isAnnounced: Bool) async throws {
        let (head, body) = (TestGate(), TestGate())
        let routes: @Sendable (Router<BasicRequestContext>) -> Void = { router in
            router.get("late") { _, _ in
                let late = ResponseBody(contentLength: isAnnounced ? 4 : nil) { writer in
                    head.open()
                    try await body.pass()
                    try await writer.write(ByteBuffer(string: "late"))
                    try await writer.finish(nil)
                }
                return Response(status: .ok, body: late)
            }
        }
        try await DoorServer.run(isQuick: { _ in true }, routes: routes) { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request("GET", "/late"))
                try await head.pass()
                if !isAnnounced { #expect(await client.readPiece().hasSuffix("\r\n\r\n"), "the head alone") }
                body.open()
                let piece = await client.readPiece()
                #expect(piece.contains("late") && piece.hasPrefix("HTTP/1.1 200 OK") == isAnnounced)
            }
        }
    }

    @Test func answersPipelinedRequestsInOrder() async throws {
        try await DoorServer.run(routes: Self.echo) { address, _ in
            try await RawClient.connect(to: address) { client in
                let bodies = (0..<50).map { "body \($0)" }
                await client.send(bodies.map { Self.request("POST", "/echo", body: $0) }.joined())
                for body in bodies { #expect(await client.readResponse().body == body) }
            }
        }
    }

    @Test func worksOnAUnixSocket() async throws {
        let path = NSTemporaryDirectory() + "door-\(UUID().uuidString.prefix(8)).sock"
        try await DoorServer.run(path: path) { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request("GET", "/hello"))
                #expect(await client.readResponse().body == "hello")
            }
        }
    }

    @Test func closesWhenTheClientAsksFor() async throws {
        try await DoorServer.run { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request("GET", "/hello", "Connection: close\r\n"))
                let response = await client.readToEnd()
                #expect(response.hasPrefix("HTTP/1.1 200"))
                #expect(response.lowercased().contains("connection: close"))
                #expect(response.hasSuffix("hello"))
            }
        }
    }

    @Test func answersHTTP10AndCloses() async throws {
        try await DoorServer.run { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send("GET /hello HTTP/1.0\r\n\r\n")
                #expect(await client.readToEnd().hasSuffix("\r\n\r\nhello"))
            }
        }
    }

    @Test func answersAClientThatClosedItsHalf() async throws {
        var limits = HTTPConnectionLimits()
        limits.presenceProbe = .seconds(60)
        try await DoorServer.run(
            limits: limits,
            routes: { router in
                router.get("large") { _, _ in String(repeating: "x", count: 4_000_000) }
            }
        ) { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request("GET", "/large"))
                await client.closeOutput()
                let response = await client.readToEnd()
                #expect(response.hasPrefix("HTTP/1.1 200"))
                #expect(response.utf8.count > 4_000_000)
            }
        }
    }

    @Test func sendsNoBodyToHead() async throws {
        try await DoorServer.run { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request("HEAD", "/hello") + Self.request("GET", "/hello"))
                let head = await client.read(through: "\r\n\r\n")
                #expect(head.contains("200") && head.lowercased().contains("content-length: 5"))
                #expect(await client.readResponse().body == "hello")
            }
        }
    }

    @Test func tellsUnknownPathsFromUnknownMethods() async throws {
        try await DoorServer.run { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request("GET", "/nowhere"))
                let missing = await client.readResponse()
                #expect(missing.status == 404)
                #expect(missing.errorCode == "not_found")
                await client.send(Self.request("DELETE", "/hello"))
                let refused = await client.readResponse()
                #expect(refused.status == 405)
                #expect(refused.errorCode == "method_not_allowed")
                #expect(refused.header("allow") == "GET, HEAD")
            }
        }
    }

    @Test(arguments: [
        "GET / HTTP/3.7\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ])
    func answersBadHTTPWith400AndCloses(bytes: String) async throws {
        try await DoorServer.run { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send(bytes)
                let response = await client.readToEnd()
                #expect(response.hasPrefix("HTTP/1.1 400"), "\(response)")
                #expect(response.contains(#""code":"invalid_request""#))
            }
        }
    }

    /// The first word of a request is its method, also where the rest is no HTTP.
    @Test(arguments: [
        "garbage\r\n\r\n", "BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}",
    ])
    func answersAnUnknownFirstWordWith501AndCloses(bytes: String) async throws {
        try await DoorServer.run { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send(bytes)
                let response = await client.readToEnd()
                #expect(response.hasPrefix("HTTP/1.1 501"), "\(response)")
                #expect(response.contains(#""code":"not_implemented""#))
            }
        }
    }

    @Test(arguments: [("garbage\r\n\r\n", 501), ("GET / HTTP/3.7\r\nHost: a\r\n\r\n", 400)])
    func answersGarbageBehindAGoodRequestAfterIt(garbage: String, status: Int) async throws {
        try await DoorServer.run { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request("GET", "/hello") + garbage)
                #expect(await client.readResponse().body == "hello")
                #expect(await client.readResponse().status == status)
                #expect(await client.readToEnd() == "")
            }
        }
    }

    @Test func refusesLongHeaders() async throws {
        try await DoorServer.run { address, _ in
            for headers in [
                "X-Long: \(String(repeating: "x", count: 20_000))\r\n",
                (0..<150).map { "X-\($0): y\r\n" }.joined(),
            ] {
                try await RawClient.connect(to: address) { client in
                    await client.send(Self.request("GET", "/hello", headers))
                    let response = await client.readResponse()
                    #expect(response.status == 431)
                    #expect(response.errorCode == "headers_too_large")
                    #expect(await client.readToEnd() == "")
                }
            }
        }
    }

    @Test func refusesALongBodyBeforeItIsRead() async throws {
        try await DoorServer.run(routes: Self.echo) { address, _ in
            try await RawClient.connect(to: address) { client in
                // Not a byte of the announced body is ever sent.
                await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n")
                let response = await client.readResponse()
                #expect(response.status == 413)
                #expect(response.errorCode == "body_too_large")
                #expect(response.header("connection") == "close")
                #expect(await client.readToEnd() == "")
            }
        }
    }

    @Test func theAnswerToALongBodySurvivesTheRestOfIt() async throws {
        try await DoorServer.run(routes: Self.echo) { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n")
                for _ in 0..<30 { await client.send(String(repeating: "x", count: 100_000)) }
                #expect(await client.readResponse().errorCode == "body_too_large")
            }
        }
    }

    @Test func refusesALongChunkedBodyWhileItStreams() async throws {
        try await DoorServer.run(routes: Self.echo) { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in 0..<3 { await client.send("190\r\n\(String(repeating: "x", count: 400))\r\n") }
                let response = await client.readResponse()
                #expect(response.status == 413)
                #expect(response.errorCode == "body_too_large")
            }
        }
    }

    @Test func readsChunkedBodies() async throws {
        try await DoorServer.run(routes: Self.echo) { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                await client.send("3\r\nabc\r\n")
                await client.send("4\r\ndefg\r\n0\r\n\r\n")
                #expect(await client.readResponse().body == "abcdefg")
                await client.send(Self.request("GET", "/hello"))
                #expect(await client.readResponse().body == "hello")
            }
        }
    }

    @Test func saysContinueWhenTheBodyIsWanted() async throws {
        try await DoorServer.run(routes: Self.echo) { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send(
                    "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
                #expect(await client.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 100"))
                await client.send("abc")
                #expect(await client.readResponse().body == "abc")
            }
        }
    }

    @Test func saysNoContinueWhenTheBodyIsRefused() async throws {
        try await DoorServer.run(routes: Self.echo) { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send(
                    "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n")
                #expect(await client.readResponse().status == 413)
            }
        }
    }

    @Test func anUpgradeNobodyKnowsIsAnsweredAsAnOrdinaryRequest() async throws {
        try await DoorServer.run { address, _ in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request("GET", "/hello", "Connection: Upgrade\r\nUpgrade: h2c\r\n"))
                let response = await client.readResponse()
                #expect(response.body == "hello")
                #expect(response.header("connection") == "close")
                #expect(await client.readToEnd() == "")
            }
        }
    }

    @Test func stopsGracefullyBetweenRequests() async throws {
        try await DoorServer.run { address, stop in
            try await RawClient.connect(to: address) { client in
                await client.send(Self.request("GET", "/hello"))
                #expect(await client.readResponse().body == "hello")
                await stop()
                #expect(await client.readToEnd() == "")
            }
        }
    }
}

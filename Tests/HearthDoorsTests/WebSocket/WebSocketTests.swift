import HTTPTypes
import HearthCore
import HearthHTTP
import NIOCore
import Testing

/// WebSockets over a real socket (RFC 6455).
@Suite(.timeLimit(.minutes(3)))
struct WebSocketTests {
    private static func limits(_ change: (inout WebSocketLimits) -> Void = { _ in }) -> HTTPConnectionLimits {
        var limits = HTTPConnectionLimits()
        limits.webSocket.messageBytes = 70_000
        change(&limits.webSocket)
        return limits
    }

    /// `/ws` gives messages back, `/refused` is refused, `/send` only sends; all else is no WebSocket.
    @Sendable private static func decide(_ head: HTTPRequest) async -> WebSocketDecision {
        switch head.path {
        case "/ws":
            .accept(headers: [.server: "door"]) { connection in
                for await message in connection.messages {
                    switch message {
                    case .text(let text): try await connection.send(text: text)
                    case .binary(let bytes): try await connection.send(binary: bytes)
                    }
                }
            }
        case "/refused":
            .refuse(HearthError(.unauthorized, "Who are you?"))
        case "/bye":
            .accept { connection in
                try await connection.send(text: "bye")
                await connection.close(code: 4_000, reason: "done")
            }
        case "/failing":
            .accept { _ in throw HearthError(.conflict, "No.") }
        default: .notWebSocket
        }
    }

    private static func run(
        limits: HTTPConnectionLimits = limits(),
        _ test: @escaping @Sendable (DoorServer.Address, @escaping @Sendable () async -> Void) async throws -> Void
    ) async throws {
        try await DoorServer.run(limits: limits, shouldUpgrade: decide, test)
    }

    @Test func answersTheHandshakeOfTheRFC() async throws {
        try await Self.run { address, _ in
            try await RawClient.connect(to: address) { raw in
                await raw.send(WebSocketClient.request("/ws"))
                let response = RawResponse(head: await raw.read(through: "\r\n\r\n"))
                #expect(response.status == 101)
                #expect(response.header("sec-websocket-accept") == WebSocketClient.accept)
                #expect(response.header("upgrade") == "websocket")
                #expect(response.header("connection")?.lowercased() == "upgrade")
                #expect(response.header("server") == "door")
            }
        }
    }

    @Test func upgradesAConnectionThatServedOrdinaryRequestsBefore() async throws {
        try await Self.run { address, _ in
            try await RawClient.connect(to: address) { raw in
                let ordinary = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
                await raw.send(ordinary + ordinary + WebSocketClient.request("/ws"))
                #expect(await raw.readResponse().body == "hello")
                #expect(await raw.readResponse().body == "hello")
                #expect(await raw.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 101"))
                let client = WebSocketClient(raw: raw)
                await client.send(1, "after")
                #expect(await client.receive()?.text == "after")
            }
        }
    }

    @Test func framesThatCameWithTheRequestAreNotLost() async throws {
        try await Self.run { address, _ in
            try await RawClient.connect(to: address) { raw in
                var bytes = ByteBuffer(string: WebSocketClient.request("/ws"))
                bytes.writeImmutableBuffer(WebSocketClient.bytes(1, ByteBuffer(string: "early")))
                bytes.writeImmutableBuffer(WebSocketClient.bytes(1, ByteBuffer(string: "birds")))
                await raw.send(bytes)
                _ = await raw.read(through: "\r\n\r\n")
                let client = WebSocketClient(raw: raw)
                #expect(await client.receive()?.text == "early")
                #expect(await client.receive()?.text == "birds")
            }
        }
    }

    @Test func echoesTextBinaryAndLongMessages() async throws {
        try await Self.run { address, _ in
            try await WebSocketClient.connect(to: address) { client in
                for size in [0, 1, 125, 126, 65_535, 65_536, 70_000] {
                    let bytes = ByteBuffer(bytes: (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) })
                    await client.raw.send(WebSocketClient.bytes(2, bytes))
                    #expect(await client.receive() == .init(opcode: 2, payload: bytes))
                }
                await client.send(1, "grüße 🔥")
                #expect(await client.receive() == .init(opcode: 1, payload: ByteBuffer(string: "grüße 🔥")))
            }
        }
    }

    @Test func putsFragmentsTogetherWithControlFramesBetween() async throws {
        try await Self.run { address, _ in
            try await WebSocketClient.connect(to: address) { client in
                await client.raw.send(WebSocketClient.bytes(1, ByteBuffer(bytes: [0xF0, 0x9F]), isFinal: false))
                await client.send(9, "still there?")
                await client.send(0, "", isFinal: false)
                await client.raw.send(WebSocketClient.bytes(0, ByteBuffer(bytes: [0x94, 0xA5])))
                #expect(await client.receive() == .init(opcode: 10, payload: ByteBuffer(string: "still there?")))
                #expect(await client.receive() == .init(opcode: 1, payload: ByteBuffer(string: "🔥")))
            }
        }
    }

    @Test func finishesTheClosingHandshakeOfTheClient() async throws {
        try await Self.run { address, _ in
            try await WebSocketClient.connect(to: address) { client in
                await client.sendClose(1_000, "enough")
                let close = await client.receive()
                #expect(close?.opcode == 8)
                #expect(close?.closeCode == 1_000)
                #expect(await client.raw.readToEnd() == "")
            }
        }
    }

    @Test func closesWithCodeAndReasonWhenTheHandlerWants() async throws {
        try await Self.run { address, _ in
            try await WebSocketClient.connect(to: address, path: "/bye") { client in
                #expect(await client.receive()?.text == "bye")
                let close = await client.receive()
                #expect(close?.closeCode == 4_000)
                #expect(close?.closeReason == "done")
                await client.sendClose(4_000)
                #expect(await client.raw.readToEnd() == "")
            }
        }
    }

    @Test func closesWith1011WhenTheHandlerFails() async throws {
        try await Self.run { address, _ in
            try await WebSocketClient.connect(to: address, path: "/failing") { client in
                let close = await client.receive()
                #expect(close?.closeCode == 1_011)
                #expect(close?.closeReason == "conflict")
            }
        }
    }

    /// A wrong frame and the code it is closed with.
    struct Wrong: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let code: UInt16
        let frames: [ByteBuffer]

        init(_ what: String, _ code: UInt16, _ frames: ByteBuffer...) {
            testDescription = what
            self.code = code
            self.frames = frames
        }
    }

    static let wrongs: [Wrong] = {
        let text = ByteBuffer(string: "x")
        func frame(
            _ opcode: UInt8, _ payload: ByteBuffer = text, isFinal: Bool = true, isMasked: Bool = true,
            reserved: UInt8 = 0
        ) -> ByteBuffer {
            WebSocketClient.bytes(opcode, payload, isFinal: isFinal, isMasked: isMasked, reserved: reserved)
        }
        return [
            Wrong("unmasked", 1_002, frame(1, isMasked: false)),
            Wrong("reserved bit", 1_002, frame(1, reserved: 0x40)),
            Wrong("reserved opcode", 1_002, frame(3)),
            Wrong("reserved control opcode", 1_002, frame(11)),
            Wrong("fragmented ping", 1_002, frame(9, isFinal: false)),
            Wrong("long ping", 1_002, frame(9, ByteBuffer(repeating: 0, count: 126))),
            Wrong("continuation of nothing", 1_002, frame(0)),
            Wrong("message within a message", 1_002, frame(1, isFinal: false), frame(1)),
            Wrong("half a close code", 1_002, frame(8, ByteBuffer(bytes: [3]))),
            Wrong("forbidden close code", 1_002, frame(8, ByteBuffer(bytes: [3, 0xED]))),
            Wrong("close reason not UTF-8", 1_007, frame(8, ByteBuffer(bytes: [3, 0xE8, 0xFF]))),
            Wrong("text not UTF-8", 1_007, frame(1, ByteBuffer(bytes: [0xC0, 0xAF]))),
            Wrong(
                "fragments not UTF-8", 1_007, frame(1, ByteBuffer(bytes: [0xF0, 0x9F]), isFinal: false), frame(0)),
            Wrong("one frame too big", 1_009, frame(2, ByteBuffer(repeating: 0, count: 70_001))),
            Wrong(
                "fragments too big together", 1_009,
                frame(2, ByteBuffer(repeating: 0, count: 40_000), isFinal: false),
                frame(0, ByteBuffer(repeating: 0, count: 40_000))),
        ]
    }()

    @Test(arguments: wrongs)
    func closesWithTheCodeOfTheFault(wrong: Wrong) async throws {
        try await Self.run { address, _ in
            try await WebSocketClient.connect(to: address) { client in
                for frame in wrong.frames { await client.raw.send(frame) }
                let close = await client.receive()
                #expect(close?.opcode == 8)
                #expect(close?.closeCode == wrong.code)
                #expect(await client.raw.readToEnd() == "")
            }
        }
    }

    @Test func pingsAndKeepsAClientThatAnswers() async throws {
        let limits = Self.limits {
            $0.pingInterval = .milliseconds(20)
            $0.pongTimeout = .seconds(30)
        }
        try await Self.run(limits: limits) { address, _ in
            try await WebSocketClient.connect(to: address) { client in
                for _ in 0..<10 {
                    let ping = await client.receive()
                    #expect(ping?.opcode == 9)
                    await client.send(10, ping?.text ?? "")
                }
            }
        }
    }

    @Test func dropsAClientThatDoesNotAnswerPings() async throws {
        let limits = Self.limits {
            $0.pingInterval = .milliseconds(50)
            $0.pongTimeout = .milliseconds(50)
        }
        try await Self.run(limits: limits) { address, _ in
            try await WebSocketClient.connect(to: address) { client in
                #expect(await client.receive()?.opcode == 9)
                #expect(await client.receive() == nil)
            }
        }
    }

    @Test func goesAwayWhenTheServerStops() async throws {
        try await Self.run { address, stop in
            try await WebSocketClient.connect(to: address) { client in
                await client.send(1, "here")
                #expect(await client.receive()?.text == "here")
                await stop()
                #expect(await client.receive()?.closeCode == 1_001)
                await client.sendClose(1_001)
                #expect(await client.raw.readToEnd() == "")
            }
        }
    }

    @Test func doesNotWaitForEverForTheClientsHalfOfTheHandshake() async throws {
        try await Self.run(limits: Self.limits { $0.closeTimeout = .milliseconds(100) }) { address, _ in
            try await WebSocketClient.connect(to: address, path: "/bye") { client in
                #expect(await client.receive()?.text == "bye")
                #expect(await client.receive()?.closeCode == 4_000)
                #expect(await client.raw.readToEnd() == "")
            }
        }
    }

    @Test func cancelsAHandlerThatOnlySendsWhenItsClientLeaves() async throws {
        let (left, leaving) = AsyncStream<WebSocketClosure?>.makeStream()
        try await DoorServer.run(shouldUpgrade: { _ in
            .accept(inbound: .ignored) { connection in
                try await connection.send(text: "hello")
                do {
                    try await Task.sleep(for: .seconds(3_600))
                } catch {
                    leaving.yield(await connection.closed())
                }
            }
        }) { address, _ in
            try await WebSocketClient.connect(to: address) { client in
                #expect(await client.receive()?.text == "hello")
                for _ in 0..<100 { await client.send(1, "nobody listens") }
                await client.sendClose(1_001)
            }
            var iterator = left.makeAsyncIterator()
            #expect(await iterator.next() == WebSocketClosure(code: .goingAway, reason: "", isByClient: true))
        }
    }

    @Test func sendingToAClosedConnectionSaysHowItClosed() async throws {
        let (outcomes, outcome) = AsyncStream<WebSocketClosure?>.makeStream()
        try await DoorServer.run(shouldUpgrade: { _ in
            .accept { connection in
                for await _ in connection.messages {}
                do {
                    try await connection.send(text: "too late")
                    outcome.yield(nil)
                } catch {
                    outcome.yield(error as? WebSocketClosure)
                }
            }
        }) { address, _ in
            try await WebSocketClient.connect(to: address) { client in
                await client.sendClose(3_000, "gone")
                #expect(await client.receive()?.closeCode == 3_000)
            }
            var iterator = outcomes.makeAsyncIterator()
            let closure = WebSocketClosure(code: 3_000, reason: "gone", isByClient: true)
            #expect(await iterator.next() == closure)
        }
    }

    @Test func aReaderThatIsBehindStopsTheSocketAndLosesNothing() async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        try await DoorServer.run(
            limits: Self.limits(),
            shouldUpgrade: { _ in
                .accept { connection in
                    for await _ in gate { break }
                    var count = 0
                    for await _ in connection.messages {
                        count += 1
                        if count == 200 { try await connection.send(text: "\(count)") }
                    }
                }
            }
        ) { address, _ in
            try await WebSocketClient.connect(to: address) { client in
                let message = WebSocketClient.bytes(2, ByteBuffer(repeating: 7, count: 60_000))
                async let sent: Void = {
                    for _ in 0..<200 { await client.raw.send(message) }
                }()
                open.yield()
                await sent
                #expect(await client.receive()?.text == "200")
            }
        }
    }
}

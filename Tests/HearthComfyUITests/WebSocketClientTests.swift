import HearthCore
import HearthHTTPClient
import HearthTesting
import NIOCore
import NIOHTTP1
import NIOWebSocket
import Testing

/// The client's side of a WebSocket, against a server that sends frames as it is told to.
@Suite(.timeLimit(.minutes(3))) struct WebSocketClientTests {
    /// A server with one client.
    private final class Server: Sendable {
        private let listening: any Channel
        private let client: Locked<(any Channel)?>
        let received: Locked<[WebSocketFrame]>

        init(refuses: Bool = false) async throws {
            let (client, received) = (Locked<(any Channel)?>(nil), Locked<[WebSocketFrame]>([]))
            (self.client, self.received) = (client, received)
            let core = ComfyDoubleCore(
                answer: { _ in .text("no", .notFound) }, opened: { _, channel in client.withLock { $0 = channel } },
                received: { frame in received.withLock { $0.append(frame) } })
            listening = try await core.start(port: 0) { refuses }
        }

        var address: HTTPAddress? { HTTPAddress("http://127.0.0.1:\(listening.localAddress?.port ?? 0)/ws?clientId=a") }

        func send(_ opcode: WebSocketOpcode, _ text: String, isLast: Bool = true) async throws {
            let frame = WebSocketFrame(fin: isLast, opcode: opcode, data: ByteBuffer(string: text))
            try await client.withLock { $0 }?.writeAndFlush(frame)
        }

        func cut() async { try? await client.withLock { $0 }?.close() }

        func stop() async { try? await listening.close() }
    }

    private let rules = WebSocketRules(messageBytes: 64, messageFrames: 4, greeting: "hello")
    private let client = HTTPClient(.init(connect: .seconds(5), read: .seconds(5)))

    private func open(_ server: Server) async throws -> WebSocketMessages {
        try await client.openWebSocket(to: try #require(server.address), rules)
    }

    @Test func greetingIsSentMaskedAndMessagesComeInOrder() async throws {
        let server = try await Server()
        var messages = try await open(server).makeAsyncIterator()
        try await eventually("it greets") { server.received.withLock { $0.count } == 1 }
        let greeting = server.received.withLock { $0[0] }
        #expect(greeting.maskKey != nil && String(buffer: greeting.unmaskedData) == "hello")
        try await server.send(.text, "one")
        try await server.send(.binary, "two")
        #expect(try await messages.next() == .text(ByteBuffer(string: "one")))
        #expect(try await messages.next() == .binary(ByteBuffer(string: "two")))
        await server.stop()
    }

    @Test func fragmentsAreOneMessage() async throws {
        let server = try await Server()
        var messages = try await open(server).makeAsyncIterator()
        try await server.send(.text, "o", isLast: false)
        try await server.send(.continuation, "n", isLast: false)
        try await server.send(.continuation, "e")
        #expect(try await messages.next() == .text(ByteBuffer(string: "one")))
        await server.stop()
    }

    @Test func pingIsAnswered() async throws {
        let server = try await Server()
        let messages = try await open(server)
        try await server.send(.ping, "still there?")
        try await eventually("it answers") {
            server.received.withLock {
                $0.contains { $0.opcode == .pong && String(buffer: $0.unmaskedData) == "still there?" }
            }
        }
        withExtendedLifetime(messages) {}
        await server.stop()
    }

    @Test func closingEndsTheMessagesAndACutIsAFailure() async throws {
        let server = try await Server()
        var closed = try await open(server).makeAsyncIterator()
        try await server.send(.connectionClose, "")
        #expect(try await closed.next() == nil)
        var cut = try await open(server).makeAsyncIterator()
        await server.cut()
        await #expect(throws: HTTPCallFailure.cut) { _ = try await cut.next() }
        await server.stop()
    }

    @Test func messageBeyondTheLimitEndsTheConnection() async throws {
        let server = try await Server()
        var whole = try await open(server).makeAsyncIterator()
        try await server.send(.text, String(repeating: "x", count: 65))
        await #expect(throws: HTTPCallFailure.cut) { _ = try await whole.next() }
        var pieces = try await open(server).makeAsyncIterator()
        try await server.send(.text, String(repeating: "x", count: 60), isLast: false)
        try await server.send(.continuation, String(repeating: "x", count: 60))
        await #expect(throws: HTTPCallFailure.cut) { _ = try await pieces.next() }
        await server.stop()
    }

    @Test func serverThatOpensNoneIsSaidToBeUnreachable() async throws {
        let refusing = try await Server(refuses: true)
        await #expect(throws: HTTPCallFailure.unreachable("it does not open a WebSocket")) {
            _ = try await open(refusing)
        }
        let address = try #require(refusing.address)
        await refusing.stop()
        await #expect(throws: HTTPCallFailure.self) { _ = try await client.openWebSocket(to: address, rules) }
    }

    @Test func readerThatLeavesClosesTheConnection() async throws {
        let server = try await Server()
        var messages: WebSocketMessages? = try await open(server)
        try await eventually("it greets") { server.received.withLock { $0.count } == 1 }
        _ = messages.take()
        await #expect(throws: (any Error).self) {
            // The socket takes some frames before it notices.
            while true { try await server.send(.text, "x") }
        }
        await server.stop()
    }
}

import Foundation
import HearthCore
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Testing

@testable import HearthHTTPClient

@Suite(.timeLimit(.minutes(3))) struct HTTPClientTests {
    private let client = HTTPClient(.init(connect: .seconds(5), read: .seconds(5)))

    private func address(_ text: String) throws -> HTTPAddress { try #require(HTTPAddress(text)) }

    private func text(_ reply: HTTPReply) async throws -> String {
        String(buffer: try await reply.body.collect(upTo: 1 << 20))
    }

    // MARK: Addresses

    @Test(arguments: [
        ("http://a", "a", 80, "/", "a"), ("HTTPS://a.b/c?d=%20e", "a.b", 443, "/c?d=%20e", "a.b"),
        ("http://a:8080?q", "a", 8080, "/?q", "a:8080"), ("http://[::1]:1/x", "::1", 1, "/x", "[::1]:1"),
        ("https://u:p@a:443/#f", "a", 443, "/", "a"),
    ])
    func addressIsTakenApart(text: String, host: String, port: Int, target: String, authority: String) throws {
        let address = try address(text)
        #expect(address.host == host && address.port == port && address.target == target)
        #expect(address.authority == authority)
        #expect(address.isEncrypted == text.lowercased().hasPrefix("https"))
    }

    @Test(arguments: ["", "a", "ftp://a/", "http://", "http:///x", "file:///etc/passwd"])
    func otherAddressIsNone(text: String) {
        #expect(HTTPAddress(text) == nil)
    }

    // MARK: Requests and answers

    @Test func requestCarriesItsFieldsAndItsBody() async throws {
        let seen = Locked("")
        let server = try await RawServer { request in
            seen.withLock { $0 = request }
            return .init(text: "HTTP/1.1 201 Made\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok")
        }
        var call = HTTPCall(try address(server.address), method: .POST, headers: ["x-name": "value"])
        call.body = .bytes(ByteBuffer(string: "body\r\n\r\n"))
        let reply = try await client.send(call)
        #expect(reply.status == 201 && reply.headers.first(name: "x-a") == "b")
        #expect(try await text(reply) == "ok")
        let request = seen.withLock { $0.lowercased() }
        #expect(request.hasPrefix("post /f http/1.1\r\n"))
        #expect(request.contains("host: 127.0.0.1:") && request.contains("content-length: 8\r\n"))
        #expect(request.contains("x-name: value\r\n") && request.contains("connection: close\r\n"))
        await server.stop()
    }

    /// One piece is asked for when the one before has left.
    @Test func bodyIsSentPieceByPiece() async throws {
        let (pieces, size) = (20, 1 << 20)
        let server = try await BodyCounter(bytes: pieces * size)
        let asked = Locked(0)
        var call = HTTPCall(try address("http://127.0.0.1:\(server.port)/"), method: .POST)
        call.body = .pieces(count: pieces * size) {
            let number = asked.withLock { asked in
                asked += 1
                return asked
            }
            return number > pieces ? nil : ByteBuffer(repeating: 7, count: size)
        }
        #expect(try await text(try await client.send(call)) == "ok")
        #expect(asked.withLock { $0 } == pieces + 1)
        await server.stop()
    }

    @Test func bodyThatCannotBeReadEndsTheCall() async throws {
        struct Unreadable: Error {}
        let server = try await BodyCounter(bytes: 10)
        var call = HTTPCall(try address("http://127.0.0.1:\(server.port)/"), method: .POST)
        call.body = .pieces(count: 10) { throw Unreadable() }
        await #expect(throws: Unreadable.self) { try await client.send(call) }
        await server.stop()
    }

    @Test func slowReaderHoldsTheServerBack() async throws {
        let server = try await Fountain(pieces: 64)
        let reply = try await client.send(HTTPCall(try address("http://127.0.0.1:\(server.port)/")))
        // The kernel's buffers hold some megabytes; what comes after them waits for the reader.
        var before = -1
        while server.written.withLock({ $0 }) != before {
            before = server.written.withLock { $0 }
            try await Task.sleep(for: .milliseconds(200))
        }
        #expect(before < 64)
        var count = 0
        for try await piece in reply.body { count += piece.readableBytes }
        #expect(count == 64 << 20)
        await server.stop()
    }

    @Test func droppedAnswerClosesTheConnection() async throws {
        let server = try await Fountain(pieces: 64)
        _ = try await client.send(HTTPCall(try address("http://127.0.0.1:\(server.port)/")))
        await server.untilClosed()
        await server.stop()
    }

    @Test func cancelledCallClosesTheConnection() async throws {
        let server = try await Fountain(pieces: 0)
        let call = HTTPCall(try address("http://127.0.0.1:\(server.port)/"))
        let task = Task { try await client.send(call).status }
        await server.untilAsked()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        await server.untilClosed()
        await server.stop()
    }

    // MARK: TLS

    @Test func trustedCertificateOfNameAndNumberIsGood() async throws {
        let server = try await TLSServer()
        let client = HTTPClient(
            .init(connect: .seconds(5), read: .seconds(5)), trust: .certificates([try TLSServer.certificate]))
        for host in ["localhost", "127.0.0.1"] {
            var call = HTTPCall(try address("https://\(host):\(server.port)/"))
            call.numericAddress = "127.0.0.1"
            #expect(try await text(try await client.send(call)) == "hello", "\(host)")
        }
        await server.stop()
    }

    /// The number that is connected to does not decide whose certificate it has to be.
    @Test func certificateOfAnotherNameIsRefused() async throws {
        let server = try await TLSServer(host: "127.0.0.2")
        let client = HTTPClient(
            .init(connect: .seconds(5), read: .seconds(5)), trust: .certificates([try TLSServer.certificate]))
        var call = HTTPCall(try address("https://other.example:\(server.port)/"))
        call.numericAddress = "127.0.0.2"
        let failure = await #expect(throws: HTTPCallFailure.self) { _ = try await client.send(call) }
        guard case .untrusted? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        await server.stop()
    }

    @Test func certificateThatNobodyHasSignedIsRefused() async throws {
        let server = try await TLSServer()
        let failure = await #expect(throws: HTTPCallFailure.self) {
            _ = try await client.send(HTTPCall(try address("https://localhost:\(server.port)/")))
        }
        guard case .untrusted? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        await server.stop()
    }

    @Test func handshakeThatNeverEndsIsAConnectionThatWasNotMade() async throws {
        let server = try await Fountain(pieces: 0)
        let client = HTTPClient(.init(connect: .milliseconds(200), read: .seconds(5)))
        await #expect(throws: HTTPCallFailure.connectTimeout) {
            _ = try await client.send(HTTPCall(try address("https://127.0.0.1:\(server.port)/")))
        }
        await server.stop()
    }
}

/// Answers any bytes by pieces of a megabyte, as fast as they are taken; by nothing when there are none.
private final class Fountain: Sendable {
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let fountain: Fountain
        private var hasBegun = false

        init(_ fountain: Fountain) { self.fountain = fountain }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            fountain.asked.succeed()
            guard !hasBegun, fountain.pieces > 0 else { return }
            hasBegun = true
            let length = fountain.pieces << 20
            let head = ByteBuffer(string: "HTTP/1.1 200 OK\r\ncontent-length: \(length)\r\n\r\n")
            context.write(wrapOutboundOut(head), promise: nil)
            let piece = ByteBuffer(repeating: 7, count: 1 << 20)
            for _ in 0..<fountain.pieces {
                context.writeAndFlush(wrapOutboundOut(piece)).whenSuccess { [fountain] in
                    fountain.written.withLock { $0 += 1 }
                }
            }
        }

        func channelInactive(context: ChannelHandlerContext) { fountain.closed.succeed() }

        // The client has gone.
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    let pieces: Int
    let written = Locked(0)
    private let asked: EventLoopPromise<Void>
    private let closed: EventLoopPromise<Void>
    private let listener = Locked<(any Channel)?>(nil)

    var port: Int { listener.withLock { $0?.localAddress?.port } ?? 0 }

    init(pieces: Int) async throws {
        self.pieces = pieces
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        (asked, closed) = (loop.makePromise(), loop.makePromise())
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        listener.withLock { $0 = channel }
    }

    func untilAsked() async { try? await asked.futureResult.get() }

    func untilClosed() async { try? await closed.futureResult.get() }

    /// - Precondition: a client has come and gone, or the promises are completed here.
    func stop() async {
        asked.succeed()
        closed.succeed()
        let channel = listener.withLock { $0 }
        try? await channel?.close().get()
    }
}

/// Answers when so many bytes of a body have arrived.
private final class BodyCounter: Sendable {
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let bytes: Int
        private var count = 0

        init(_ bytes: Int) { self.bytes = bytes }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .body(let piece) = unwrapInboundIn(data) else { return }
            count += piece.readableBytes
            guard count == bytes else { return }
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "2"])
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "ok")))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    private let channel: any Channel

    var port: Int { channel.localAddress?.port ?? 0 }

    init(bytes: Int) async throws {
        channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(bytes))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func stop() async { try? await channel.close().get() }
}

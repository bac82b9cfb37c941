import NIOCore
import NIOPosix

/// A bare TCP or unix-socket client: bytes out, bytes in, nothing understood.
struct RawClient: Sendable {
    let channel: any Channel
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private let inbound: Inbound

    /// What has arrived and not been read by the test.
    ///
    /// Unchecked because a test reads from one task at a time.
    final class Inbound: @unchecked Sendable {
        var iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        var buffer = ByteBuffer()
        var hasEnded = false

        init(_ stream: NIOAsyncChannelInboundStream<ByteBuffer>) { iterator = stream.makeAsyncIterator() }

        /// Waits for more bytes; false at the end.
        @concurrent func fill() async -> Bool {
            guard !hasEnded else { return false }
            // A reset is an end like any other: the tests look at what came before.
            guard let more = try? await iterator.next() else {
                hasEnded = true
                return false
            }
            buffer.writeImmutableBuffer(more)
            return true
        }
    }

    /// Connects, runs the closure, disconnects.
    /// - Parameter source: the address that it connects from; the system chooses otherwise.
    @concurrent static func connect(
        to address: DoorServer.Address, from source: String? = nil,
        _ body: @Sendable (RawClient) async throws -> Void
    ) async throws {
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
        if let source { bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: source, port: 0)) }
        let initializer: @Sendable (any Channel) -> EventLoopFuture<NIOAsyncChannel<ByteBuffer, ByteBuffer>> = {
            channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel(wrappingChannelSynchronously: channel)
            }
        }
        let channel =
            if let path = address.path {
                try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: initializer)
            } else {
                try await bootstrap.connect(
                    host: "127.0.0.1", port: address.port ?? 0, channelInitializer: initializer)
            }
        try await channel.executeThenClose { inbound, outbound in
            try await body(
                RawClient(channel: channel.channel, outbound: outbound, inbound: Inbound(inbound)))
        }
    }

    /// Sends bytes as they are; a connection the server has closed is no error.
    func send(_ bytes: ByteBuffer) async {
        try? await outbound.write(bytes)
    }

    func send(_ text: String) async {
        await send(ByteBuffer(string: text))
    }

    /// Sends no more, but still reads.
    func closeOutput() async {
        try? await channel.close(mode: .output)
    }

    /// Drops the connection.
    func drop() async {
        try? await channel.close()
    }

    /// What arrives next, in the piece that it arrives in.
    func readPiece() async -> String {
        _ = await inbound.fill()
        defer { inbound.buffer.clear() }
        return String(buffer: inbound.buffer)
    }

    /// All bytes up to the end of the connection.
    func readToEnd() async -> String {
        while await inbound.fill() {}
        defer { inbound.buffer.clear() }
        return String(buffer: inbound.buffer)
    }

    /// All text up to and with `mark`; what came, when the connection ends before.
    func read(through mark: String) async -> String {
        while true {
            let text = String(buffer: inbound.buffer)
            if let end = text.firstRange(of: mark)?.upperBound {
                let taken = String(text[..<end])
                inbound.buffer.moveReaderIndex(forwardBy: taken.utf8.count)
                return taken
            }
            guard await inbound.fill() else {
                inbound.buffer.clear()
                return text
            }
        }
    }

    /// Exactly `count` bytes; nil when the connection ends before.
    func read(_ count: Int) async -> ByteBuffer? {
        while inbound.buffer.readableBytes < count {
            guard await inbound.fill() else { return nil }
        }
        return inbound.buffer.readSlice(length: count)
    }

    /// One response with a length: status line and headers, then the body.
    func readResponse() async -> RawResponse {
        let head = await read(through: "\r\n\r\n")
        var response = RawResponse(head: head)
        if let length = response.header("content-length").flatMap({ Int($0) }), let body = await read(length) {
            response.body = String(buffer: body)
        }
        return response
    }
}

/// A response as it came over the wire.
struct RawResponse {
    let head: String
    var body = ""

    init(head: String) { self.head = head }

    var status: Int {
        head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }

    func header(_ name: String) -> String? {
        for line in head.split(separator: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == name { return parts[1].drop { $0 == " " }.description }
        }
        return nil
    }

    /// The code of Hearth's error shape.
    var errorCode: String? {
        guard body.hasPrefix(#"{"error":{"code":""#) else { return nil }
        return body.dropFirst(18).split(separator: "\"").first.map(String.init)
    }
}

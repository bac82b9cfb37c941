import HearthHTTP
import NIOCore
import NIOEmbedded
import NIOWebSocket
import Testing

@testable import HearthHTTP

/// A client that sends and does not read is not read either.
@Suite struct WebSocketBackPressureTests {
    /// Counts how often the socket is asked for bytes.
    private final class Reads: ChannelOutboundHandler {
        typealias OutboundIn = Any
        var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }

    private let channel = EmbeddedChannel()
    private let reads = Reads()

    init() throws {
        let handler = WebSocketHandler(channel: channel, limits: WebSocketLimits(), inbound: .delivered)
        try channel.pipeline.syncOperations.addHandlers([reads, handler])
        reads.count = 0
    }

    /// A burst of pings, as one read of the socket gives them.
    private func receivePings(_ count: Int) {
        for _ in 0..<count {
            channel.pipeline.fireChannelRead(
                WebSocketFrame(fin: true, opcode: .ping, maskKey: [1, 2, 3, 4], data: ByteBuffer(string: "ping")))
        }
        channel.pipeline.fireChannelReadComplete()
    }

    private func setWritable(_ isWritable: Bool) {
        channel.isWritable = isWritable
        channel.pipeline.fireChannelWritabilityChanged()
    }

    @Test func pingsAreReadWhileTheirAnswersAreTaken() throws {
        receivePings(3)
        #expect(reads.count == 1)
        for _ in 0..<3 { #expect(try channel.readOutbound(as: WebSocketFrame.self)?.opcode == .pong) }
    }

    @Test func whileAnswersWaitNoMorePingsAreRead() throws {
        setWritable(false)
        receivePings(3)
        #expect(reads.count == 0)
        setWritable(true)
        #expect(reads.count == 1, "it goes on when the client takes them")
        receivePings(1)
        #expect(reads.count == 2)
    }
}

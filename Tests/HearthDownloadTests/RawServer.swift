import Foundation
import HearthCore
import NIOCore
import NIOPosix

/// A server that sends exactly the bytes it is told to, right or wrong.
final class RawServer: Sendable {
    /// What follows a request.
    struct Answer: Sendable {
        var text: String
        /// Whether the connection is closed afterwards; otherwise nothing more is ever said.
        var closes = true
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private var head = ""
        private let answer: @Sendable (String) -> Answer

        init(_ answer: @escaping @Sendable (String) -> Answer) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            head += String(buffer: unwrapInboundIn(data))
            guard head.hasSuffix("\r\n\r\n") else { return }
            let answer = answer(head)
            head = ""
            let written = context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer.text)))
            guard answer.closes else { return }
            let channel = context.channel
            written.whenComplete { _ in channel.close(promise: nil) }
        }
    }

    private let channel: any Channel
    let address: String

    init(_ answer: @escaping @Sendable (String) -> Answer) async throws {
        channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        address = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)/f"
    }

    func stop() async { try? await channel.close().get() }
}

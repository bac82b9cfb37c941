import HearthCore
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

import struct Foundation.Data

/// The sockets of ``ComfyDouble``: HTTP/1.1 with an upgrade to WebSockets at `/ws`.
struct ComfyDoubleCore: Sendable {
    let answer: @Sendable (ComfyDouble.Request) -> ComfyDouble.Answer
    let opened: @Sendable (_ client: String, _ channel: any Channel) -> Void
    /// Told of each frame of a client.
    var received: @Sendable (WebSocketFrame) -> Void = { _ in }

    func start(port: Int, refusesSockets: @escaping @Sendable () -> Bool) async throws -> any Channel {
        try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [answer, opened, received] channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = HTTPHandler(answer)
                    let upgrader = NIOWebSocketServerUpgrader(
                        shouldUpgrade: { channel, head in
                            channel.eventLoop.makeSucceededFuture(
                                head.uri.hasPrefix("/ws") && !refusesSockets() ? HTTPHeaders() : nil)
                        },
                        upgradePipelineHandler: { channel, head in
                            channel.eventLoop.makeCompletedFuture {
                                let client = head.uri.split(separator: "=").last.map(String.init) ?? ""
                                try channel.pipeline.syncOperations.addHandler(
                                    SocketHandler(client, opened, received))
                            }
                        })
                    let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                        withServerUpgrade: (
                            upgraders: [upgrader],
                            completionHandler: { context in
                                context.pipeline.syncOperations.removeHandler(bound.value, promise: nil)
                            }
                        ))
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
    }

    private final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let answer: @Sendable (ComfyDouble.Request) -> ComfyDouble.Answer
        private var head: HTTPRequestHead?
        private var body = ByteBuffer()

        init(_ answer: @escaping @Sendable (ComfyDouble.Request) -> ComfyDouble.Answer) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): self.head = head
            case .body(let piece): body.writeImmutableBuffer(piece)
            case .end: respond(context)
            }
        }

        private func respond(_ context: ChannelHandlerContext) {
            guard let head else { return }
            let parts = head.uri.split(separator: "?", maxSplits: 1).map(String.init)
            let answer = answer(
                ComfyDouble.Request(
                    method: head.method, path: parts.first ?? "", query: parts.count > 1 ? parts[1] : "",
                    body: Data(body.readableBytesView)))
            if answer.isSilent { return }
            if answer.cutAfter == -1 { return context.close(promise: nil) }
            let headers: HTTPHeaders = [
                "content-length": String(answer.length ?? answer.body.count), "content-type": answer.type,
                "connection": "close",
            ]
            context.write(
                wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers))),
                promise: nil)
            let sent = answer.body.prefix(answer.cutAfter ?? .max)
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: sent)))), promise: nil)
            if answer.cutAfter != nil { return context.close(promise: nil) }
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
        }
    }

    private final class SocketHandler: ChannelInboundHandler {
        typealias InboundIn = WebSocketFrame
        private let client: String
        private let opened: @Sendable (String, any Channel) -> Void
        private let received: @Sendable (WebSocketFrame) -> Void

        init(
            _ client: String, _ opened: @escaping @Sendable (String, any Channel) -> Void,
            _ received: @escaping @Sendable (WebSocketFrame) -> Void
        ) {
            self.client = client
            self.opened = opened
            self.received = received
        }

        func handlerAdded(context: ChannelHandlerContext) { opened(client, context.channel) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frame = unwrapInboundIn(data)
            received(frame)
            if frame.opcode == .connectionClose { context.close(promise: nil) }
        }
    }
}

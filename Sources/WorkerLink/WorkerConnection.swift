import HearthCore
import NIOCore
import NIOHTTP1

/// A connection to a worker, one call at a time.
///
/// `@unchecked Sendable`: touched on its channel's event loop only.
final class WorkerConnection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// Called when the connection can take another call, and when it is gone.
    private let onIdle: (WorkerConnection) -> Void
    private let onEnd: (WorkerConnection) -> Void
    private var context: ChannelHandlerContext?
    private var exchange: WorkerExchange?
    private var head: HTTPResponseHead?
    private var body = ByteBuffer()
    /// Since when it has had no call.
    private(set) var idleSince = NIODeadline.now()

    init(onIdle: @escaping (WorkerConnection) -> Void, onEnd: @escaping (WorkerConnection) -> Void) {
        self.onIdle = onIdle
        self.onEnd = onEnd
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func close() { context?.close(promise: nil) }

    /// Sends a call; its answer ends it.
    func run(_ exchange: WorkerExchange) {
        guard let context, context.channel.isActive else { return exchange.fail(ChannelError.ioOnClosedChannel) }
        self.exchange = exchange
        // The caller has left, and the next call must not get this answer.
        exchange.isUnderWay { [weak self] in
            self?.exchange = nil
            self?.close()
        }
        context.write(wrapOutboundOut(.head(exchange.head)), promise: nil)
        // One system call sends all pieces.
        for piece in exchange.body { context.write(wrapOutboundOut(.body(.byteBuffer(piece))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// The length of the answer as its head says it, within the limit.
    private var announcedBytes: Int {
        let announced = head?.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        return min(max(0, announced), Limits.engineBodyBytes)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(var bytes):
            guard bytes.readableBytes <= Limits.engineBodyBytes - body.readableBytes else {
                return errorCaught(
                    context: context, error: HearthError(.internalError, "The worker's answer is too long."))
            }
            guard body.readableBytes > 0 else {
                // One piece is the usual case of a small answer: it is taken as it is.
                body = bytes
                return
            }
            if body.writableBytes < bytes.readableBytes { body.reserveCapacity(announcedBytes) }
            body.writeBuffer(&bytes)
        case .end: finish(context)
        }
    }

    private func finish(_ context: ChannelHandlerContext) {
        guard let head, let exchange else { return context.close(promise: nil) }
        let answer = WorkerExchange.Answer(status: head.status, headers: head.headers, body: body)
        self.exchange = nil
        self.head = nil
        body = ByteBuffer()
        idleSince = .now()
        // First: the caller's next call may come at once.
        if head.isKeepAlive { onIdle(self) } else { context.close(promise: nil) }
        exchange.succeed(answer)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let exchange = exchange
        self.exchange = nil
        context.close(promise: nil)
        exchange?.fail(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        onEnd(self)
        let exchange = exchange
        self.exchange = nil
        exchange?.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}

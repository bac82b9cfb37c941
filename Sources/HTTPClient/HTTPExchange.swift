import NIOCore
import NIOHTTP1
import NIOTLS

/// The handler of one connection, which carries one request and its answer; used on its event loop only.
///
/// It asks for bytes as fast as the reader of the body takes them; time runs only while it waits for the server.
final class HTTPExchange: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPClientRequestPart

    private enum State {
        case connecting
        case waiting
        case streaming(HTTPReplyBody.Producer.Source)
        case done
    }

    private let call: HTTPCall
    private let limits: HTTPClient.Limits
    private let eventLoop: any EventLoop
    /// Let go of once it is kept: it would hold the body, and a body without a reader must be dropped.
    private var reply: EventLoopPromise<HTTPReply>?
    private var state = State.connecting
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    /// Whether the reader of the body has enough for now.
    private var isPaused = false
    private var hasHeldRead = false

    /// The time for connecting runs from here on.
    init(_ call: HTTPCall, limits: HTTPClient.Limits, eventLoop: any EventLoop, reply: EventLoopPromise<HTTPReply>) {
        self.call = call
        self.limits = limits
        self.eventLoop = eventLoop
        self.reply = reply
        startTimer(limits.connect, .connectTimeout)
    }

    // MARK: Connection

    /// The channel is connected; for `https` the handshake is still to come.
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if case .done = state { return context.close(promise: nil) }
        guard context.channel.isActive else { return end(HTTPCallFailure.cut) }
        if !call.address.isEncrypted { sendRequest(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        end(HTTPCallFailure.cut)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { sendRequest(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(HTTPCallFailure.cut)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .connecting = state {
            // The handshake: no trusted certificate, or no TLS at all.
            end(HTTPCallFailure(handshaking: error))
        } else {
            end(HTTPCallFailure.cut)
        }
    }

    private func sendRequest(_ context: ChannelHandlerContext) {
        guard case .connecting = state else { return }
        state = .waiting
        var headers = call.headers
        headers.replaceOrAdd(name: "host", value: call.address.authority)
        headers.replaceOrAdd(name: "connection", value: "close")
        if call.body != nil || [.POST, .PUT, .PATCH].contains(call.method) {
            headers.replaceOrAdd(name: "content-length", value: String(call.body?.count ?? 0))
        }
        let head = HTTPRequestHead(
            version: .http1_1, method: call.method, uri: call.address.target, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        switch call.body {
        case .pieces(_, let next)?: return sendPieces(context, next)
        case .bytes(let body)?: context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        case nil: break
        }
        sendEnd(context)
    }

    private func sendEnd(_ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        startTimer(limits.read, .readTimeout)
    }

    /// Sends the rest of a body: one piece is in memory at a time. An answer that comes early ends it.
    private func sendPieces(_ context: ChannelHandlerContext, _ next: @escaping @Sendable () throws -> ByteBuffer?) {
        guard case .waiting = state else { return }
        do {
            guard let piece = try next() else { return sendEnd(context) }
            let sent = context.eventLoop.makePromise(of: Void.self)
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(piece))), promise: sent)
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            sent.futureResult.whenSuccess { bound.value.0.sendPieces(bound.value.1, next) }
        } catch {
            end(error)
        }
    }

    // MARK: Answer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .waiting):
            let sequence = NIOThrowingAsyncSequenceProducer.makeSequence(
                elementType: ByteBuffer.self, failureType: (any Error).self,
                backPressureStrategy: NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark(
                    lowWatermark: 2, highWatermark: 8), finishOnDeinit: true,
                delegate: HTTPBodyDemand(handler: NIOLoopBound(self, eventLoop: context.eventLoop)))
            state = .streaming(sequence.source)
            startTimer(limits.read, .readTimeout)
            reply?.succeed(
                HTTPReply(
                    status: Int(head.status.code), headers: head.headers,
                    body: HTTPReplyBody(base: sequence.sequence)))
            reply = nil
        case (.body(let bytes), .streaming(let source)):
            startTimer(limits.read, .readTimeout)
            if case .stopProducing = source.yield(bytes) {
                isPaused = true
                stopTimer()
            }
        case (.end, .streaming): end(nil)
        default: break
        }
    }

    func read(context: ChannelHandlerContext) {
        if isPaused {
            hasHeldRead = true
        } else {
            context.read()
        }
    }

    func readerWantsMore() {
        guard case .streaming = state else { return }
        isPaused = false
        startTimer(limits.read, .readTimeout)
        if hasHeldRead {
            hasHeldRead = false
            context?.read()
        }
    }

    func readerIsGone() { end(HTTPCallFailure.cut) }

    // MARK: End

    /// Ends the exchange, if it has not ended yet, and closes the connection.
    /// - Parameter failure: nil after a complete answer.
    func end(_ failure: (any Error)?) {
        let before = state
        state = .done
        stopTimer()
        switch before {
        case .connecting:
            let wasClosed = (failure as? HTTPCallFailure) == .cut
            reply?.fail(
                wasClosed ? HTTPCallFailure.unreachable("the connection was closed") : failure ?? HTTPCallFailure.cut)
        case .waiting: reply?.fail(failure ?? HTTPCallFailure.cut)
        case .streaming(let source):
            if let failure { source.finish(failure) } else { source.finish() }
        case .done: return
        }
        context?.close(promise: nil)
    }

    private func startTimer(_ time: TimeAmount?, _ failure: HTTPCallFailure) {
        stopTimer()
        guard let time else { return }
        timer = eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in self?.end(failure) }
    }

    private func stopTimer() {
        timer?.cancel()
        timer = nil
    }
}

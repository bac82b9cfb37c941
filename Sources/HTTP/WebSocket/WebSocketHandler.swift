import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Speaks WebSocket on an upgraded connection: nothing of it passes on to the HTTP handlers behind.
///
/// Messages go out and in by ``WebSocketCommand`` and ``WebSocketMessages``. It lives on its channel's event loop.
final class WebSocketHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = Never
    typealias OutboundOut = WebSocketFrame

    let connection: WebSocketConnection
    private let source: WebSocketMessages.Producer.Source
    private let end: EventLoopPromise<WebSocketClosure>
    private let limits: WebSocketLimits
    private let inbound: WebSocketInbound
    private var machine: WebSocketMachine
    private var timer: Scheduled<Void>?
    /// A ping is out and nothing has arrived since.
    private var awaitsPong = false
    /// The reader has enough; the socket is not read.
    private var isPaused = false
    /// The socket was to be read and the client does not take what it has been sent: its pings are answered, and their
    /// answers must not fill the memory of the server.
    private var awaitsWritability = false
    private var hasEnded = false

    /// - Parameter channel: the channel whose pipeline the handler is added to.
    init(channel: any Channel, limits: WebSocketLimits, inbound: WebSocketInbound) {
        self.limits = limits
        self.inbound = inbound
        machine = WebSocketMachine(messageBytes: limits.messageBytes)
        end = channel.eventLoop.makePromise()
        let (messages, source) = WebSocketMessages.make(limits: limits, channel: channel)
        self.source = source
        connection = WebSocketConnection(messages: messages, channel: channel, end: end.futureResult)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        schedule(in: limits.pingInterval, context) { $0.ping($1) }
        context.read()
    }

    func handlerRemoved(context: ChannelHandlerContext) { finish() }

    // MARK: What arrives

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Any received frame counts as an answer to a ping.
        if awaitsPong, machine.isOpen {
            awaitsPong = false
            schedule(in: limits.pingInterval, context) { $0.ping($1) }
        }
        perform(machine.receive(unwrapInboundIn(data)), context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        read(more: context)
    }

    /// Reads on when the reader here and the client there take what they get.
    private func read(more context: ChannelHandlerContext) {
        guard !isPaused else { return }
        awaitsWritability = !context.channel.isWritable
        if !awaitsWritability { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if awaitsWritability, context.channel.isWritable { read(more: context) }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: context.close(promise: nil)
        case is ChannelShouldQuiesceEvent:
            perform(machine.close(.goingAway, reason: "The server is stopping."), context)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength:
            perform(
                machine.fail(.messageTooBig, "A message has at most \(limits.messageBytes) bytes."), context)
        case is NIOWebSocketError:
            perform(machine.fail(.protocolError, "A control frame is whole and has at most 125 bytes."), context)
        case is ByteToMessageDecoderError:
            // Bytes after a frame that could not be read: the connection is ending already.
            break
        default:
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    // MARK: What is sent

    /// The HTTP handlers behind want bytes for themselves no more; this one reads on its own.
    func read(context: ChannelHandlerContext) {}

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        switch event {
        case WebSocketCommand.send(let message):
            if let closure = machine.closure {
                promise?.fail(closure)
                return
            }
            switch message {
            case .text(let text): send(.text, ByteBuffer(string: text), context, promise: promise)
            case .binary(let bytes): send(.binary, bytes, context, promise: promise)
            }
        case WebSocketCommand.close(let code, let reason):
            perform(machine.close(code, reason: reason), context)
            promise?.succeed()
        case WebSocketCommand.resume:
            if isPaused {
                isPaused = false
                read(more: context)
            }
            promise?.succeed()
        case WebSocketCommand.abort:
            context.close(promise: promise)
        default:
            context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    // MARK: Acting

    private func perform(_ action: WebSocketMachine.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .none: break
        case .deliver(let message): deliver(message)
        case .pong(let data): send(.pong, data, context, promise: nil)
        case .sendClose(let code, let reason):
            finishMessages()
            send(.connectionClose, Self.closePayload(code, reason: reason), context, promise: nil)
            schedule(in: limits.closeTimeout, context) { $1.close(promise: nil) }
            context.read()
        case .fail(let code, let reason):
            finishMessages()
            send(.connectionClose, Self.closePayload(code, reason: reason), context) {
                $0.close(mode: .output, promise: nil)
            }
            schedule(in: limits.closeTimeout, context) { $1.close(promise: nil) }
            context.read()
        case .answerClose(let code):
            finishMessages()
            let payload = code.map { Self.closePayload($0, reason: "") } ?? ByteBuffer()
            send(.connectionClose, payload, context) { $0.close(promise: nil) }
            schedule(in: limits.closeTimeout, context) { $1.close(promise: nil) }
        case .disconnect:
            context.close(promise: nil)
        }
    }

    private func deliver(_ message: WebSocketMessage) {
        guard case .delivered = inbound else { return }
        if case .stopProducing = source.yield(message) { isPaused = true }
    }

    private func send(
        _ opcode: WebSocketOpcode, _ data: ByteBuffer, _ context: ChannelHandlerContext,
        promise: EventLoopPromise<Void>?
    ) {
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: data)), promise: promise)
    }

    /// Sends, and does `then` when the socket has taken it or is gone.
    private func send(
        _ opcode: WebSocketOpcode, _ data: ByteBuffer, _ context: ChannelHandlerContext,
        then: @escaping (ChannelHandlerContext) -> Void
    ) {
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { _ in then(context) }
        send(opcode, data, context, promise: sent)
    }

    /// Code and reason; a control frame holds 125 bytes, so a longer reason is cut at a character's end.
    private static func closePayload(_ code: WebSocketCloseCode, reason: String) -> ByteBuffer {
        var reason = reason
        while reason.utf8.count > 123 { reason.removeLast() }
        var payload = ByteBuffer()
        payload.writeInteger((code.isSendable ? code : .normal).rawValue)
        payload.writeString(reason)
        return payload
    }

    // MARK: Time

    private func ping(_ context: ChannelHandlerContext) {
        guard machine.isOpen else { return }
        awaitsPong = true
        send(.ping, ByteBuffer(), context, promise: nil)
        schedule(in: limits.pongTimeout, context) { $0.checkPong($1) }
    }

    private func checkPong(_ context: ChannelHandlerContext) {
        guard machine.isOpen, awaitsPong else { return }
        // While the reader is behind, or the client, the answer may lie unread in the socket. A client that takes
        // nothing for long is cut off by the connection.
        if isPaused || awaitsWritability {
            schedule(in: limits.pongTimeout, context) { $0.checkPong($1) }
        } else {
            context.close(promise: nil)
        }
    }

    /// Replaces the one timer.
    private func schedule(
        in delay: Duration, _ context: ChannelHandlerContext,
        _ body: @escaping (WebSocketHandler, ChannelHandlerContext) -> Void
    ) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { body(self, context) }
    }

    /// The reader gets what it has not read yet, then the end.
    private func finishMessages() {
        source.finish()
        isPaused = false
    }

    private func finish() {
        guard !hasEnded else { return }
        hasEnded = true
        timer?.cancel()
        timer = nil
        finishMessages()
        end.succeed(machine.disconnected())
    }
}

/// What a handler does to a connection; sent towards the socket.
enum WebSocketCommand: Sendable {
    case send(WebSocketMessage)
    case close(WebSocketCloseCode, reason: String)
    /// The reader has taken messages: read on.
    case resume
    /// The handler has been cancelled: end the connection without ceremony.
    case abort
}

/// Sent towards the socket to turn a connection into a WebSocket.
struct WebSocketUpgrade: Sendable {
    /// All headers of the `101` response.
    let headers: HTTPHeaders
    let limits: WebSocketLimits
    let inbound: WebSocketInbound
    /// Succeeds when frames flow; fails when the connection cannot be upgraded any more.
    let connection: EventLoopPromise<WebSocketConnection>
}

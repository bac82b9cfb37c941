import NIOCore
import NIOWebSocket

/// The handler of one WebSocket of a client; used on its event loop only.
///
/// It reads as fast as the reader of the messages takes them, answers pings, and closes when the reader has left.
final class WebSocketExchange: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = Never
    typealias OutboundOut = WebSocketFrame

    private enum State {
        case connecting
        case open(WebSocketMessages.Producer.Source)
        case done
    }

    private let rules: WebSocketRules
    private let eventLoop: any EventLoop
    /// Let go of once it is kept: it would hold the messages, and messages without a reader must be dropped.
    private var opened: EventLoopPromise<WebSocketMessages>?
    private var state = State.connecting
    private var channel: (any Channel)?
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    /// Whether the reader has enough for now.
    private var isPaused = false
    private var hasHeldRead = false

    /// The time for opening runs from here on.
    init(
        _ rules: WebSocketRules, eventLoop: any EventLoop, timeout: TimeAmount,
        opened: EventLoopPromise<WebSocketMessages>
    ) {
        self.rules = rules
        self.eventLoop = eventLoop
        self.opened = opened
        timer = eventLoop.assumeIsolated().scheduleTask(in: timeout) { [weak self] in
            self?.end(HTTPCallFailure.connectTimeout)
        }
    }

    /// The socket is connected; encryption and upgrade are still to come.
    /// - Returns: false when the caller has left meanwhile; the channel is closed then.
    func connected(_ channel: any Channel) -> Bool {
        guard case .connecting = state else {
            channel.close(promise: nil)
            return false
        }
        self.channel = channel
        return true
    }

    /// The connection is a WebSocket now.
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        guard case .connecting = state else { return context.close(promise: nil) }
        timer?.cancel()
        let sequence = NIOThrowingAsyncSequenceProducer.makeSequence(
            elementType: WebSocketPayload.self, failureType: (any Error).self,
            backPressureStrategy: NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark(
                lowWatermark: 2, highWatermark: 8), finishOnDeinit: true,
            delegate: WebSocketDemand(exchange: NIOLoopBound(self, eventLoop: eventLoop)))
        state = .open(sequence.source)
        opened?.succeed(WebSocketMessages(base: sequence.sequence))
        opened = nil
    }

    /// The handler of the upgrade has left the way: before, it refuses all that is written.
    func upgraded() {
        guard case .open = state, let context, let greeting = rules.greeting else { return }
        send(.text, ByteBuffer(string: greeting), context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        end(HTTPCallFailure.cut)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(HTTPCallFailure.cut)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(HTTPCallFailure.cut) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .open(let source) = state else { return }
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text: yield(.text(frame.unmaskedData), to: source)
        case .binary: yield(.binary(frame.unmaskedData), to: source)
        case .ping: send(.pong, frame.unmaskedData, context)
        case .connectionClose:
            send(.connectionClose, ByteBuffer(), context)
            end(nil)
        default: break
        }
    }

    private func yield(_ payload: WebSocketPayload, to source: WebSocketMessages.Producer.Source) {
        if case .stopProducing = source.yield(payload) { isPaused = true }
    }

    func read(context: ChannelHandlerContext) {
        if isPaused {
            hasHeldRead = true
        } else {
            context.read()
        }
    }

    func readerWantsMore() {
        guard case .open = state else { return }
        isPaused = false
        guard hasHeldRead else { return }
        hasHeldRead = false
        context?.read()
    }

    /// Frames of a client are masked.
    private func send(_ opcode: WebSocketOpcode, _ data: ByteBuffer, _ context: ChannelHandlerContext) {
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    /// Ends the exchange, if it has not ended yet, and closes the connection.
    /// - Parameter failure: nil when a side has closed as it should.
    func end(_ failure: (any Error)?) {
        let before = state
        state = .done
        timer?.cancel()
        switch before {
        case .connecting: opened?.fail(failure ?? HTTPCallFailure.cut)
        case .open(let source):
            if let failure { source.finish(failure) } else { source.finish() }
        case .done: return
        }
        opened = nil
        channel?.close(promise: nil)
        channel = nil
    }
}

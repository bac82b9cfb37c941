import HTTPTypes
import HearthCore
import HearthJSON
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// Stands between NIO's HTTP/1 codec and Hummingbird's loop: translates the parts, holds the connection to its limits,
/// answers bad HTTP itself, and turns the connection into a WebSocket when asked.
///
/// What is to be done is decided by ``HTTPConnectionMachine``; this class does it, on its channel's event loop.
final class HTTPConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let encoder: HTTPResponseEncoder
    private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    private let presence: ClientPresence
    private let connection: OpenConnections.Entry
    private let limits: HTTPConnectionLimits
    private var machine: HTTPConnectionMachine
    private var timer: Scheduled<Void>?
    private var timerDeadline = NIODeadline.distantFuture
    /// The socket is asked for bytes.
    private var isReading = true
    /// The connection is gone; what was planned for it no longer matters.
    private var isRemoved = false
    /// The head of a response has been written whose body is known to follow: it waits for that body, so that both
    /// leave in one segment.
    private var holdsHead = false

    init(
        encoder: HTTPResponseEncoder, decoder: ByteToMessageHandler<HTTPRequestDecoder>, presence: ClientPresence,
        connection: OpenConnections.Entry, limits: HTTPConnectionLimits, now: NIODeadline
    ) {
        self.encoder = encoder
        self.decoder = decoder
        self.presence = presence
        self.connection = connection
        self.limits = limits
        machine = HTTPConnectionMachine(limits: limits, now: now)
    }

    func handlerAdded(context: ChannelHandlerContext) { arm(context) }

    func handlerRemoved(context: ChannelHandlerContext) {
        isRemoved = true
        timer?.cancel()
        timer = nil
    }

    // MARK: What arrives

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): receive(head, context)
        case .body(let bytes):
            if machine.receiveBody() { context.fireChannelRead(wrapInboundOut(.body(bytes))) }
        case .end(let trailers):
            guard machine.receiveEnd() else { return }
            context.fireChannelRead(wrapInboundOut(.end(trailers.map { HTTPFields($0, splitCookie: false) })))
        }
    }

    private func receive(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        // NIO's decoder stops for good at a request that could be an upgrade, however it is answered.
        let isUpgrade = head.method == .CONNECT || head.headers.contains(name: "upgrade")
        let exchange = HTTPConnectionMachine.Exchange(
            isHead: head.method == .HEAD, isHTTP10: head.version.minor == 0, isUpgrade: isUpgrade)
        let request: HTTPRequest
        do {
            request = try HTTPRequest(translating: head)
        } catch {
            perform(machine.receiveGarbage(error), context)
            return
        }
        guard !machine.isFull else {
            return perform(machine.receiveGarbage(HTTPConnectionMachine.tooManyAtOnce), context)
        }
        guard machine.receiveHead(exchange, keepsAlive: head.isKeepAlive) else { return }
        context.fireChannelRead(wrapInboundOut(.head(request)))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        guard !machine.discardsInput else {
            context.read()
            return
        }
        machine.receiveBurstEnd(now: context.eventLoop.now)
        arm(context)
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            perform(machine.receiveInputClosed(now: context.eventLoop.now), context)
            context.fireUserInboundEventTriggered(event)
        case is ChannelShouldQuiesceEvent:
            perform(machine.quiesce(), context)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let error as HTTPParserError:
            perform(machine.receiveGarbage(Self.refusal(of: error)), context)
        case is ByteToMessageDecoderError.PayloadTooLargeError, is ByteToMessageDecoderError:
            // Bytes after an error: the connection is ending already.
            break
        default:
            context.fireErrorCaught(error)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Without an error the body's reader would take the end of the connection for the end of the body.
        if case .failBody(let error) = machine.receiveInputClosed(now: context.eventLoop.now) {
            context.fireErrorCaught(error)
        }
        context.fireChannelInactive()
        // The handler of a WebSocket is told by its connection, and may finish what it has read.
        if !machine.isUpgraded { presence.end() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        machine.writabilityChanged(isWritable: context.channel.isWritable, now: context.eventLoop.now)
        arm(context)
        context.fireChannelWritabilityChanged()
    }

    // MARK: What is sent

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let response) where response.status.kind == .informational:
            context.write(wrapOutboundOut(.head(HTTPResponseHead(response))), promise: promise)
        case .head(let response):
            guard let plan = machine.sendHead() else {
                promise?.fail(ChannelError.outputClosed)
                return
            }
            holdsHead = !plan.isHead && response.headerFields.contains(.contentLength)
            context.write(wrapOutboundOut(.head(Self.head(response, plan))), promise: promise)
        case .body(let bytes):
            guard machine.sendsBody() else {
                promise?.succeed()
                return
            }
            holdsHead = false
            context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: promise)
        case .end(let trailers):
            holdsHead = false
            guard let action = machine.sendEnd(now: context.eventLoop.now) else {
                promise?.fail(ChannelError.outputClosed)
                return
            }
            context.write(wrapOutboundOut(.end(trailers.map { HTTPHeaders($0) })), promise: promise)
            perform(action, context)
            arm(context)
        }
    }

    func flush(context: ChannelHandlerContext) {
        if !holdsHead { context.flush() }
    }

    private static func head(_ response: HTTPResponse, _ plan: HTTPConnectionMachine.HeadPlan) -> HTTPResponseHead {
        var head = HTTPResponseHead(response)
        if plan.isLast { head.headers.replaceOrAdd(name: "connection", value: "close") }
        if plan.isHTTP10 { head.version = .http1_0 }
        // Without a length the codec would announce chunks, and a response to HEAD has none.
        if plan.isHead, !head.headers.contains(name: "content-length") {
            head.headers.add(name: "content-length", value: "0")
        }
        return head
    }

    func read(context: ChannelHandlerContext) {
        guard !machine.discardsInput, !machine.isUpgraded else { return }
        isReading = true
        note(context)
        context.read()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if machine.isUpgraded {
            // The HTTP loop has ended; only a cancelled server closes the input from here.
            guard mode != .output else {
                promise?.succeed()
                return
            }
            context.close(mode: .all, promise: promise)
        } else if machine.discardsInput {
            // Closing now could destroy the last response on its way; the lingering end is near.
            if let promise { context.channel.closeFuture.cascade(to: promise) }
        } else if mode == .output, !machine.hasExchanges {
            linger(context)
            promise?.succeed()
        } else {
            context.close(mode: mode, promise: promise)
        }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        switch event {
        case is HTTPContinueEvent:
            if machine.sendsContinue() { sendContinue(context) }
            promise?.succeed()
        case let upgrade as WebSocketUpgrade:
            self.upgrade(upgrade, context)
            promise?.succeed()
        default:
            context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    // MARK: Acting

    private func perform(_ action: HTTPConnectionMachine.Action, _ context: ChannelHandlerContext) {
        guard !isRemoved else { return }
        switch action {
        case .none: break
        case .refuse(let error): refuse(error, context)
        case .failBody(let error): context.fireErrorCaught(error)
        case .probe: sendContinue(context)
        case .linger: linger(context)
        case .closeOutput:
            context.close(mode: .output, promise: nil)
            context.read()
        case .close: context.close(promise: nil)
        }
        arm(context)
    }

    /// An interim response, which every client of HTTP/1.1 passes over (RFC 9110, section 10.1.1).
    private func sendContinue(_ context: ChannelHandlerContext) {
        let head = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
    }

    /// Writes the connection's own answer, the last on this connection.
    private func refuse(_ error: HearthError, _ context: ChannelHandlerContext) {
        let answer = ErrorResponse(error)
        var head = HTTPResponseHead(HTTPResponse(status: answer.status, headerFields: answer.headers))
        head.headers.replaceOrAdd(name: "connection", value: "close")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(answer.body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        linger(context)
    }

    /// The output is closed when all that was written has left: NIO drops what waits when both sides are closed.
    private func linger(_ context: ChannelHandlerContext) {
        machine.linger(now: context.eventLoop.now)
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { _ in
            self.perform(self.machine.outputSent(now: context.eventLoop.now), context)
        }
        // An empty write goes nowhere but keeps its place behind all others.
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer()))), promise: sent)
        arm(context)
    }

    /// Says what the connection waits for; a body that the server does not read keeps no client from sending.
    private func note(_ context: ChannelHandlerContext) {
        let wait = machine.wait
        connection.note(wait == .body && !isReading ? .nothing : wait, now: context.eventLoop.now)
    }

    /// Keeps one timer, at or before the next deadline; a deadline that moved away costs nothing until it fires.
    private func arm(_ context: ChannelHandlerContext) {
        note(context)
        guard !isRemoved, let deadline = machine.nextDeadline, timer == nil || deadline < timerDeadline else {
            return
        }
        timer?.cancel()
        timerDeadline = deadline
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.timer = nil
            self.perform(
                self.machine.timeout(now: context.eventLoop.now, isReading: self.isReading), context)
        }
    }

    // MARK: WebSockets

    /// Answers `101` and puts the WebSocket handlers where the HTTP codec was.
    ///
    /// The handlers behind stay; they get nothing more to read than the end of their input.
    private func upgrade(_ upgrade: WebSocketUpgrade, _ context: ChannelHandlerContext) {
        guard machine.upgrade() else {
            upgrade.connection.fail(ChannelError.inappropriateOperationForState)
            return
        }
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: upgrade.headers)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        let handler = WebSocketHandler(channel: context.channel, limits: upgrade.limits, inbound: upgrade.inbound)
        let frames = WebSocketFrameDecoder(maxFrameSize: max(upgrade.limits.messageBytes, 125))
        let pipeline = context.pipeline.syncOperations
        do {
            try pipeline.addHandler(WebSocketFrameEncoder(), position: .after(encoder))
            try pipeline.addHandlers(
                [ByteToMessageHandler(frames), handler], position: .after(decoder))
        } catch {
            upgrade.connection.fail(error)
            context.close(promise: nil)
            return
        }
        pipeline.removeHandler(encoder, promise: nil)
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        // Its removal hands on bytes that came with the request; frames may only arrive once the rest stands.
        pipeline.removeHandler(decoder).assumeIsolated().whenComplete { result in
            switch result {
            case .success: upgrade.connection.succeed(handler.connection)
            case .failure(let error): upgrade.connection.fail(error)
            }
        }
    }

    private static func refusal(of error: HTTPParserError) -> HearthError {
        switch error {
        case .headerOverflow:
            HearthError(
                .headersTooLarge, "The request line and headers are too long.",
                hint: "At most \(Limits.headerBytes) bytes in all.", cause: error)
        case .invalidEOFState: HTTPConnectionMachine.endedEarly
        case .invalidVersion:
            HearthError(.invalidRequest, "This is not HTTP/1.1.", hint: "Speak HTTP/1.1.", cause: error)
        case .invalidMethod:
            HearthError(
                .notImplemented, "The request has a method that no part of HTTP knows.",
                hint: "Methods are written in capitals: GET, POST, PUT, PATCH, DELETE.", cause: error)
        default:
            HearthError(.invalidRequest, "The bytes are not a well-formed HTTP/1.1 request.", cause: error)
        }
    }
}

/// Sent towards the socket when a handler starts to read a body whose client waits for `100 Continue`.
struct HTTPContinueEvent: Sendable {}

extension HTTPRequest {
    /// The request that NIO's HTTP/1 codec read, in the common currency of HTTP types (RFC 9112, section 3).
    /// - Throws: ``HearthError`` `invalid_request` when it is HTTP/1.1 without a host, or names more than one, or when
    ///   comparing its texts could take long (``CombiningMarks``).
    init(translating head: HTTPRequestHead) throws(HearthError) {
        guard head.headers["host"].count <= 1 else {
            throw HearthError(.invalidRequest, "The request names more than one host.", hint: "Send one Host header.")
        }
        guard !head.uri.hasTooManyMarks, !head.headers.contains(where: \.value.hasTooManyMarks) else {
            throw HearthError(.invalidRequest, "The target or a header field \(CombiningMarks.problem).")
        }
        // The usual origin form needs no look into the target; the others are rare enough for the general way.
        if head.uri.utf8.first == UInt8(ascii: "/"), let method = try? Method(head.method) {
            self.init(
                method: method, scheme: "http", authority: head.headers.first(name: "host"), path: head.uri,
                headerFields: HTTPFields(head.headers, splitCookie: false))
        } else {
            do {
                try self.init(head, secure: false, splitCookie: false)
            } catch {
                throw HearthError(.invalidRequest, "The method or target is not valid HTTP.", cause: error)
            }
        }
        guard authority != nil || head.version == .http1_0 else {
            throw HearthError(.invalidRequest, "The request names no host.", hint: "HTTP/1.1 requires a Host header.")
        }
    }

    /// Whether it has a body, as far as its head says.
    package var announcesBody: Bool {
        headerFields[.contentLength].map { $0 != "0" } ?? headerFields.contains(.transferEncoding)
    }

    /// Whether its body is longer than ``Limits/shortBodyBytes``, or of a length that is not known.
    var hasLongBody: Bool { announcesBody && !hasBody(upTo: Limits.shortBodyBytes) }

    /// Whether it announces a body of at most so many bytes.
    package func hasBody(upTo limit: Int) -> Bool {
        guard let length = headerFields[.contentLength].flatMap({ Int($0) }) else { return false }
        return length <= limit
    }
}

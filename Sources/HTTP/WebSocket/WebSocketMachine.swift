import NIOCore
import NIOWebSocket

/// The server's side of RFC 6455 after the handshake: frames in, what to do out; no channel, no clock.
struct WebSocketMachine {
    enum State: Equatable {
        /// Messages flow. → closing, closed
        case open
        /// Our close frame is sent; the client's is awaited and its data thrown away. → closed
        case closing(WebSocketClosure)
        /// Both have closed, or the connection broke.
        case closed(WebSocketClosure)
    }

    enum Action: Equatable {
        case none
        case deliver(WebSocketMessage)
        case pong(ByteBuffer)
        /// Send a close frame and await the client's.
        case sendClose(WebSocketCloseCode, reason: String)
        /// Send a close frame and no more; what the client still sends is not understood and thrown away.
        case fail(WebSocketCloseCode, reason: String)
        /// Send a close frame, then end the connection: the client's has arrived.
        case answerClose(WebSocketCloseCode?)
        /// End the connection: both close frames have been exchanged.
        case disconnect
    }

    private let messageBytes: Int
    private(set) var state = State.open
    /// The fragments of the message under way, put together; nil between messages.
    private var fragments: ByteBuffer?
    private var fragmentsAreText = false

    init(messageBytes: Int) {
        self.messageBytes = messageBytes
    }

    var isOpen: Bool { state == .open }

    /// How it ends or has ended; nil while it is open.
    var closure: WebSocketClosure? {
        switch state {
        case .open: nil
        case .closing(let closure), .closed(let closure): closure
        }
    }

    /// One frame of the client.
    mutating func receive(_ frame: WebSocketFrame) -> Action {
        if case .closed = state { return .none }
        guard frame.maskKey != nil else { return fail(.protocolError, "Frames of a client must be masked.") }
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return fail(.protocolError, "No extension is in use.") }
        switch frame.opcode {
        case .connectionClose: return receiveClose(frame.unmaskedData)
        case .ping: return isOpen ? .pong(frame.unmaskedData) : .none
        case .pong: return .none
        case .text, .binary, .continuation: return isOpen ? receiveData(frame) : .none
        default: return fail(.protocolError, "There is no such opcode.")
        }
    }

    private mutating func receiveData(_ frame: WebSocketFrame) -> Action {
        guard (frame.opcode == .continuation) == (fragments != nil) else {
            return fail(.protocolError, "Fragments of messages are mixed up.")
        }
        guard frame.length <= messageBytes - (fragments?.readableBytes ?? 0) else {
            return fail(.messageTooBig, "A message has at most \(messageBytes) bytes.")
        }
        var data = frame.unmaskedData
        if frame.opcode != .continuation { fragmentsAreText = frame.opcode == .text }
        guard frame.fin else {
            if fragments == nil {
                fragments = data
            } else {
                fragments?.writeBuffer(&data)
            }
            return .none
        }
        if var whole = fragments.take() {
            whole.writeBuffer(&data)
            data = whole
        }
        guard fragmentsAreText else { return .deliver(.binary(data)) }
        guard let text = try? data.getUTF8ValidatedString(at: data.readerIndex, length: data.readableBytes) else {
            return fail(.invalidText, "The text is not UTF-8.")
        }
        return .deliver(.text(text))
    }

    private mutating func receiveClose(_ payload: ByteBuffer) -> Action {
        var payload = payload
        var code: WebSocketCloseCode?
        var reason = ""
        if payload.readableBytes > 0 {
            guard let raw = payload.readInteger(as: UInt16.self) else {
                return fail(.protocolError, "A close frame has no code or a whole one.")
            }
            let sent = WebSocketCloseCode(rawValue: raw)
            guard sent.isSendable else { return fail(.protocolError, "There is no such close code.") }
            let length = payload.readableBytes
            guard let text = try? payload.getUTF8ValidatedString(at: payload.readerIndex, length: length) else {
                return fail(.invalidText, "The reason is not UTF-8.")
            }
            code = sent
            reason = text
        }
        switch state {
        case .open:
            state = .closed(WebSocketClosure(code: code ?? .noCode, reason: reason, isByClient: true))
            fragments = nil
            return .answerClose(code)
        case .closing(let closure):
            state = .closed(closure)
            return .disconnect
        case .closed:
            return .none
        }
    }

    /// The client broke the protocol, or asked for more than it may.
    mutating func fail(_ code: WebSocketCloseCode, _ reason: String) -> Action {
        switch state {
        case .open:
            fragments = nil
            state = .closed(WebSocketClosure(code: code, reason: reason, isByClient: false))
            return .fail(code, reason: reason)
        case .closing(let closure):
            // Its close frame will never come in a form that can be read.
            state = .closed(closure)
            return .disconnect
        case .closed: return .none
        }
    }

    /// The server ends it.
    mutating func close(_ code: WebSocketCloseCode, reason: String) -> Action {
        guard isOpen else { return .none }
        fragments = nil
        state = .closing(WebSocketClosure(code: code, reason: reason, isByClient: false))
        return .sendClose(code, reason: reason)
    }

    /// The connection is gone; without a close frame before, that is abnormal.
    mutating func disconnected() -> WebSocketClosure {
        let closure = closure ?? WebSocketClosure(code: .abnormal, reason: "", isByClient: true)
        state = .closed(closure)
        return closure
    }
}

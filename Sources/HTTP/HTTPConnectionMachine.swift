import HearthCore
import NIOCore

/// One HTTP/1.1 connection as states and deadlines; knows no channel and no clock, and returns what is to be done.
struct HTTPConnectionMachine {
    /// What arrives.
    enum Reading {
        /// Nothing of the next request has arrived. → head, body, stopped
        case idle
        /// Bytes of a request have arrived, not yet its whole head. → body, stopped
        case head
        /// The head has been handed on, the end has not. → idle, stopped
        case body
        /// Nothing that arrives is read as a request any more: the last one was read, or the bytes make no sense.
        case stopped
    }

    /// How the connection goes on.
    enum Ending {
        /// It is kept for the next request. → afterExchanges, lingering, upgraded
        case open
        /// It ends when the running requests are answered; the error, if any, is then the last answer. → lingering
        case afterExchanges(HearthError?)
        /// The last response is written; what arrives is thrown away until the client closes. → (closed)
        case lingering
        /// It speaks WebSocket now; nothing here applies any more.
        case upgraded
    }

    /// What a running request needs from its response.
    struct Exchange {
        var isHead = false
        var isHTTP10 = false
        var isUpgrade = false
    }

    enum Action: Equatable {
        case none
        /// Write the error as a response of the connection itself, then linger.
        case refuse(HearthError)
        /// Fail the body stream of the running request: its handler answers with this error.
        case failBody(HearthError)
        /// Write an interim response: a client that has gone answers it with a reset.
        case probe
        /// Send what is written, close the output, throw away the input until the client closes.
        case linger
        /// Close the output now.
        case closeOutput
        case close

        static func == (left: Action, right: Action) -> Bool {
            switch (left, right) {
            case (.none, .none), (.probe, .probe), (.linger, .linger), (.closeOutput, .closeOutput), (.close, .close):
                true
            case (.refuse(let left), .refuse(let right)), (.failBody(let left), .failBody(let right)):
                left.code == right.code
            default: false
            }
        }
    }

    private let requestArrival: TimeAmount
    private let idleConnection: TimeAmount
    private let writeStall: TimeAmount
    private let lingering: TimeAmount

    private(set) var reading = Reading.idle
    private(set) var ending = Ending.open
    /// Requests whose head has been handed on and whose response has not ended, oldest first.
    private var exchanges = CircularBuffer<Exchange>(initialCapacity: 4)
    /// The head of the oldest exchange's response has been written.
    private var isResponding = false
    /// The server stops: what is not a WebSocket yet never becomes one.
    private var isQuiescing = false
    private var isInputClosed = false
    private var isOutputClosed = false
    /// Something was decoded since the last burst of bytes ended.
    private var decodedPart = false
    /// When the arriving request must be here in full.
    private var arrivalDeadline: NIODeadline?
    /// When a connection with nothing under way, or a lingering one, is closed.
    private var idleDeadline: NIODeadline?
    /// When a client that takes nothing is cut off.
    private var stallDeadline: NIODeadline?
    /// When a client that sends no more is asked whether it still reads.
    private var probeDeadline: NIODeadline?
    /// How long after the last time.
    private var probePause: TimeAmount

    init(limits: HTTPConnectionLimits, now: NIODeadline) {
        requestArrival = TimeAmount(limits.requestArrival)
        idleConnection = TimeAmount(limits.idleConnection)
        writeStall = TimeAmount(limits.writeStall)
        lingering = TimeAmount(limits.linger)
        probePause = TimeAmount(limits.presenceProbe)
        idleDeadline = now + TimeAmount(min(limits.idleConnection, limits.silentConnection))
    }

    /// When ``timeout(now:isReading:)`` wants to be called.
    var nextDeadline: NIODeadline? {
        var next = idleDeadline
        if let arrivalDeadline { next = min(next ?? arrivalDeadline, arrivalDeadline) }
        if let stallDeadline { next = min(next ?? stallDeadline, stallDeadline) }
        if let probeDeadline { next = min(next ?? probeDeadline, probeDeadline) }
        return next
    }

    /// What of its client the connection waits for.
    var wait: OpenConnections.Wait {
        switch ending {
        case .upgraded: return .nothing
        case .lingering: return .request
        case .open, .afterExchanges: break
        }
        if reading == .body, !isResponding { return .body }
        guard exchanges.isEmpty else { return .nothing }
        return reading == .head ? .head : .request
    }

    private var isOpen: Bool {
        if case .open = ending { true } else { false }
    }

    private var isLingering: Bool {
        if case .lingering = ending { true } else { false }
    }

    // MARK: What arrives

    /// Whether as many requests wait for their answers as may; a client that sends more without reading would fill the
    /// memory with them.
    var isFull: Bool { exchanges.count >= Limits.pipelinedRequests }

    /// A request's head. Returns whether it is to be handed on.
    mutating func receiveHead(_ exchange: Exchange, keepsAlive: Bool) -> Bool {
        decodedPart = true
        guard isOpen, reading != .stopped else { return false }
        reading = .body
        idleDeadline = nil
        exchanges.append(exchange)
        if !keepsAlive || exchange.isHTTP10 || exchange.isUpgrade { ending = .afterExchanges(nil) }
        return true
    }

    /// Bytes of a body. Returns whether they are to be handed on.
    mutating func receiveBody() -> Bool {
        decodedPart = true
        return reading == .body
    }

    /// The end of a request. Returns whether it is to be handed on.
    mutating func receiveEnd() -> Bool {
        decodedPart = true
        guard reading == .body else { return false }
        reading = isOpen ? .idle : .stopped
        arrivalDeadline = nil
        return true
    }

    /// A burst of bytes has been decoded as far as it goes.
    mutating func receiveBurstEnd(now: NIODeadline) {
        // Bytes that made no part are the beginning of a head.
        if !decodedPart, reading == .idle, exchanges.isEmpty, isOpen {
            reading = .head
            idleDeadline = nil
        }
        decodedPart = false
        if reading == .head || reading == .body, arrivalDeadline == nil {
            arrivalDeadline = now + requestArrival
        }
    }

    /// The bytes are not HTTP, or more of it than allowed.
    mutating func receiveGarbage(_ error: HearthError) -> Action {
        guard isOpen || reading == .body else { return .none }
        if reading == .body {
            failBody()
            return .failBody(error)
        }
        reading = .stopped
        arrivalDeadline = nil
        guard exchanges.isEmpty else {
            ending = .afterExchanges(error)
            return .none
        }
        return .refuse(error)
    }

    /// The client will send no more. Whether it still reads cannot be seen: the end of a connection and of one half of
    /// it look the same, until something is sent.
    mutating func receiveInputClosed(now: NIODeadline) -> Action {
        let isNews = !isInputClosed
        isInputClosed = true
        switch ending {
        case .upgraded: return .none
        case .lingering: return isOutputClosed ? .close : .none
        case .open, .afterExchanges:
            if reading == .body { return receiveGarbage(Self.endedEarly) }
            reading = .stopped
            guard !exchanges.isEmpty else { return .linger }
            if isOpen { ending = .afterExchanges(nil) }
            if isNews { planProbe(now: now) }
            return .none
        }
    }

    /// Plans to ask a client whether it still reads: one that speaks HTTP/1.1 and has got nothing of its response yet.
    /// Others would take the interim response for their own.
    private mutating func planProbe(now: NIODeadline) {
        guard isInputClosed, !isResponding, let exchange = exchanges.first, !exchange.isHTTP10, !exchange.isUpgrade
        else {
            probeDeadline = nil
            return
        }
        probeDeadline = now + probePause
        probePause = probePause * 2
    }

    /// The server stops: running requests are answered, no other is taken.
    mutating func quiesce() -> Action {
        isQuiescing = true
        guard isOpen else { return .none }
        guard !exchanges.isEmpty else { return .linger }
        ending = .afterExchanges(nil)
        return .none
    }

    // MARK: What is sent

    /// What the head of the oldest exchange's response needs.
    struct HeadPlan: Equatable {
        /// Say `Connection: close`.
        var isLast = false
        /// The client understands no chunks: the end of the connection is the end of the body.
        var isHTTP10 = false
        /// The response's body is not sent.
        var isHead = false
    }

    /// The head of the oldest exchange's response; nil when it is not expected any more.
    mutating func sendHead() -> HeadPlan? {
        guard !isLingering, let exchange = exchanges.first else { return nil }
        isResponding = true
        probeDeadline = nil
        if exchanges.count == 1, isOpen, reading == .body { ending = .afterExchanges(nil) }
        return HeadPlan(
            isLast: exchanges.count == 1 && !isOpen, isHTTP10: exchange.isHTTP10, isHead: exchange.isHead)
    }

    /// Whether bytes of a response's body are sent.
    func sendsBody() -> Bool {
        guard !isLingering, isResponding, let exchange = exchanges.first else { return false }
        return !exchange.isHead
    }

    /// The end of the oldest exchange's response. Returns nil when it is not expected any more.
    mutating func sendEnd(now: NIODeadline) -> Action? {
        guard !isLingering, isResponding, !exchanges.isEmpty else { return nil }
        exchanges.removeFirst()
        isResponding = false
        guard exchanges.isEmpty else {
            planProbe(now: now)
            return Action.none
        }
        switch ending {
        case .open:
            idleDeadline = now + idleConnection
            return Action.none
        case .afterExchanges(let error):
            return error.map(Action.refuse) ?? .linger
        case .lingering, .upgraded:
            return Action.none
        }
    }

    /// Whether `100 Continue` is due: the body is awaited and nothing has been answered.
    func sendsContinue() -> Bool {
        reading == .body && !isResponding && exchanges.count == 1 && exchanges.first?.isHTTP10 == false
    }

    // MARK: Time and ends

    /// - Parameter isReading: the server reads from the socket; when it does not, lateness is its own.
    mutating func timeout(now: NIODeadline, isReading: Bool) -> Action {
        let isStalled = stallDeadline.map { $0 <= now } ?? false
        let isIdle = idleDeadline.map { $0 <= now } ?? false
        if isStalled || isIdle {
            arrivalDeadline = nil
            idleDeadline = nil
            stallDeadline = nil
            probeDeadline = nil
            return .close
        }
        if let probeDeadline, probeDeadline <= now {
            planProbe(now: now)
            return .probe
        }
        guard let arrivalDeadline, arrivalDeadline <= now else { return .none }
        guard isReading else {
            self.arrivalDeadline = now + requestArrival
            return .none
        }
        switch reading {
        case .head:
            reading = .stopped
            self.arrivalDeadline = nil
            return .refuse(Self.tooSlow)
        case .body:
            failBody()
            return .failBody(Self.tooSlow)
        case .idle, .stopped:
            self.arrivalDeadline = nil
            return .none
        }
    }

    /// What is left of the running request's body is not read; the connection ends with its response.
    private mutating func failBody() {
        reading = .stopped
        arrivalDeadline = nil
        ending = .afterExchanges(nil)
    }

    mutating func writabilityChanged(isWritable: Bool, now: NIODeadline) {
        stallDeadline = isWritable ? nil : now + writeStall
    }

    /// Nothing more is written; what still arrives is thrown away.
    mutating func linger(now: NIODeadline) {
        ending = .lingering
        reading = .stopped
        arrivalDeadline = nil
        probeDeadline = nil
        idleDeadline = now + writeStall
    }

    /// All that was written has left, or never will.
    mutating func outputSent(now: NIODeadline) -> Action {
        isOutputClosed = true
        idleDeadline = now + lingering
        return isInputClosed ? .close : .closeOutput
    }

    /// Whether the running request, and no other, may turn the connection into a WebSocket.
    mutating func upgrade() -> Bool {
        guard !isQuiescing, exchanges.count == 1, exchanges.first?.isUpgrade == true, !isResponding,
            reading == .stopped, case .afterExchanges(nil) = ending
        else { return false }
        ending = .upgraded
        arrivalDeadline = nil
        idleDeadline = nil
        stallDeadline = nil
        probeDeadline = nil
        return true
    }

    var isUpgraded: Bool {
        if case .upgraded = ending { true } else { false }
    }

    /// Whether input is thrown away.
    var discardsInput: Bool { isLingering }

    /// Whether a request waits for its response.
    var hasExchanges: Bool { !exchanges.isEmpty }

    static let endedEarly = HearthError(
        .invalidRequest, "The connection ended before the whole request had arrived.")
    static let tooManyAtOnce = HearthError(
        .overloaded, "The connection has sent too many requests without waiting for answers.",
        hint: "At most \(Limits.pipelinedRequests) of them.", retryAfter: 1)
    static let tooSlow = HearthError(
        .requestTimeout, "The request did not arrive in time.", hint: "Send the whole request without pauses.")
}

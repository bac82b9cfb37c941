package import NIOCore

/// One open WebSocket, as its handler sees it.
package struct WebSocketConnection: Sendable {
    /// The client's messages in order; ends when the connection closes. To be iterated once.
    package let messages: WebSocketMessages
    private let channel: any Channel
    private let end: EventLoopFuture<WebSocketClosure>

    init(messages: WebSocketMessages, channel: any Channel, end: EventLoopFuture<WebSocketClosure>) {
        self.messages = messages
        self.channel = channel
        self.end = end
    }

    /// Sends one text message; returns when the socket has taken it, so a slow client slows its sender.
    /// - Throws: ``WebSocketClosure`` when the connection has closed.
    package func send(text: String) async throws {
        try await perform(.send(.text(text)))
    }

    /// Sends one binary message; returns when the socket has taken it.
    /// - Throws: ``WebSocketClosure`` when the connection has closed.
    package func send(binary: ByteBuffer) async throws {
        try await perform(.send(.binary(binary)))
    }

    /// Closes with a handshake; returns when the connection is gone, at the latest after the close timeout.
    ///
    /// - Parameter reason: at most 123 bytes of UTF-8 are sent.
    package func close(code: WebSocketCloseCode = .normal, reason: String = "") async {
        channel.triggerUserOutboundEvent(WebSocketCommand.close(code, reason: reason), promise: nil)
        _ = await closed()
    }

    /// Waits until the connection is gone and says how it went.
    @discardableResult
    package func closed() async -> WebSocketClosure {
        do {
            return try await end.get()
        } catch {
            return WebSocketClosure(code: .abnormal, reason: "", isByClient: true)
        }
    }

    /// Ends the connection at once.
    func abort() {
        channel.triggerUserOutboundEvent(WebSocketCommand.abort, promise: nil)
    }

    private func perform(_ command: WebSocketCommand) async throws {
        do {
            let promise = channel.eventLoop.makePromise(of: Void.self)
            channel.triggerUserOutboundEvent(command, promise: promise)
            try await promise.futureResult.get()
        } catch let closure as WebSocketClosure {
            throw closure
        } catch {
            // The socket refused: the connection is gone or as good as gone.
            abort()
            throw await closed()
        }
    }
}

/// A whole message, its fragments put together.
package enum WebSocketMessage: Sendable, Equatable {
    case text(String)
    case binary(ByteBuffer)
}

/// The messages of one client as an asynchronous sequence; the socket is read no further while too many wait.
package struct WebSocketMessages: AsyncSequence, Sendable {
    /// A message as a whole, whatever frames it came in.
    package typealias Element = WebSocketMessage
    typealias Producer = NIOAsyncSequenceProducer<
        WebSocketMessage, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, Demand
    >

    private let producer: Producer

    /// A new sequence and the end that feeds it.
    static func make(limits: WebSocketLimits, channel: any Channel) -> (WebSocketMessages, Producer.Source) {
        let made = Producer.makeSequence(
            backPressureStrategy: .init(lowWatermark: 1, highWatermark: limits.bufferedMessages),
            finishOnDeinit: false, delegate: Demand(channel: channel))
        return (WebSocketMessages(producer: made.sequence), made.source)
    }

    /// Reads the messages; there is one reader.
    package func makeAsyncIterator() -> Iterator {
        Iterator(base: producer.makeAsyncIterator())
    }

    /// Takes one message after the other.
    package struct Iterator: AsyncIteratorProtocol {
        private let base: Producer.AsyncIterator

        fileprivate init(base: Producer.AsyncIterator) {
            self.base = base
        }

        /// The next message; nil when the connection has closed or the task is cancelled.
        @concurrent package mutating func next() async -> WebSocketMessage? {
            await base.next()
        }
    }

    /// Tells the socket's side that messages have been taken.
    struct Demand: NIOAsyncSequenceProducerDelegate {
        let channel: any Channel

        func produceMore() {
            channel.triggerUserOutboundEvent(WebSocketCommand.resume, promise: nil)
        }

        /// A reader that has left wants no more messages; the next ones are dropped as they come.
        func didTerminate() {
            channel.triggerUserOutboundEvent(WebSocketCommand.resume, promise: nil)
        }
    }
}

/// What becomes of the messages of a client.
package enum WebSocketInbound: Sendable {
    /// The handler reads ``WebSocketConnection/messages``; when the connection closes they end, and the handler's task
    /// is cancelled only after `Limits.drain`, so that it can finish with what it has read.
    case delivered
    /// The handler only sends: messages are thrown away, and its task is cancelled when the connection closes.
    case ignored
}

/// How a WebSocket ended; also the error of a `send` that comes too late.
package struct WebSocketClosure: Error, Sendable, Equatable {
    /// The code that was said first, by either side; ``WebSocketCloseCode/abnormal`` when none was.
    package let code: WebSocketCloseCode
    /// What the side that closed said of it; often empty.
    package let reason: String
    /// The client said it first.
    package let isByClient: Bool

    package init(code: WebSocketCloseCode, reason: String, isByClient: Bool) {
        self.code = code
        self.reason = reason
        self.isByClient = isByClient
    }
}

/// Why a WebSocket ends (RFC 6455, section 7.4).
package struct WebSocketCloseCode: RawRepresentable, Hashable, Sendable, ExpressibleByIntegerLiteral {
    /// The number on the wire (RFC 6455, section 7.4).
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package init(integerLiteral value: UInt16) { rawValue = value }

    /// The purpose of the connection is fulfilled.
    package static let normal: WebSocketCloseCode = 1000
    /// The server stops, or the page was left.
    package static let goingAway: WebSocketCloseCode = 1001
    /// A frame that the protocol does not allow.
    package static let protocolError: WebSocketCloseCode = 1002
    private static let unsupportedData: WebSocketCloseCode = 1003
    /// Said of a close frame without a code; never sent.
    package static let noCode: WebSocketCloseCode = 1005
    /// Said of a connection that ended without a closing handshake; never sent.
    package static let abnormal: WebSocketCloseCode = 1006
    /// A text that is not UTF-8.
    package static let invalidText: WebSocketCloseCode = 1007
    /// What the peer does is not allowed, or not any more.
    package static let policyViolation: WebSocketCloseCode = 1008
    /// A message beyond the limit.
    package static let messageTooBig: WebSocketCloseCode = 1009
    /// The server has failed.
    package static let internalError: WebSocketCloseCode = 1011
    private static let tryAgainLater: WebSocketCloseCode = 1013

    /// Whether a close frame may carry it (RFC 6455, section 7.4.2, and the IANA registry).
    package var isSendable: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

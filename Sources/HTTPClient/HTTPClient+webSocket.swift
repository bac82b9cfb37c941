package import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

extension HTTPClient {
    /// Opens a WebSocket (RFC 6455) without extensions.
    /// - Returns: when the server has agreed. Releasing the messages closes the connection.
    /// - Throws: ``HTTPCallFailure``; `CancellationError`, and then the connection is closed.
    package func openWebSocket(to address: HTTPAddress, _ rules: WebSocketRules) async throws -> WebSocketMessages {
        let tls = address.isEncrypted ? try context() : nil
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let opened = loop.makePromise(of: WebSocketMessages.self)
        let exchange = try await loop.submit { [limits] in
            NIOLoopBound(
                WebSocketExchange(rules, eventLoop: loop, timeout: limits.connect, opened: opened), eventLoop: loop)
        }.get()
        return try await withTaskCancellationHandler {
            connectWebSocket(address, rules, tls, exchange)
            return try await opened.futureResult.get()
        } onCancel: {
            loop.execute { exchange.value.end(CancellationError()) }
        }
    }

    private func connectWebSocket(
        _ address: HTTPAddress, _ rules: WebSocketRules, _ tls: NIOSSLContext?,
        _ exchange: NIOLoopBound<WebSocketExchange>
    ) {
        ClientBootstrap(group: exchange.eventLoop)
            .connectTimeout(limits.connect)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .connect(host: address.host, port: address.port)
            .flatMapThrowing { channel in
                guard exchange.value.connected(channel) else { return }
                let pipeline = channel.pipeline.syncOperations
                if let tls {
                    let isNumber = (try? SocketAddress(ipAddress: address.host, port: 0)) != nil
                    try pipeline.addHandler(
                        NIOSSLClientHandler(context: tls, serverHostname: isNumber ? nil : address.host))
                }
                let upgrade = try pipeline.configureUpgradableHTTPClientPipeline(
                    configuration: .init(upgradeConfiguration: Self.upgrade(address, rules, exchange)))
                upgrade.whenFailure { error in
                    exchange.value.end(error as? HTTPCallFailure ?? .unreachable("it does not open a WebSocket"))
                }
                // In a turn of its own: the upgrade's handler is removed behind what waits for this future.
                upgrade.whenSuccess { exchange.eventLoop.execute { exchange.value.upgraded() } }
            }.whenFailure { error in
                exchange.value.end(HTTPCallFailure(connecting: error))
            }
    }

    private static func upgrade(
        _ address: HTTPAddress, _ rules: WebSocketRules, _ exchange: NIOLoopBound<WebSocketExchange>
    ) -> NIOTypedHTTPClientUpgradeConfiguration<Void> {
        let upgrader = NIOTypedWebSocketClientUpgrader<Void>(
            maxFrameSize: rules.messageBytes, enableAutomaticErrorHandling: false
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                let aggregator = NIOWebSocketFrameAggregator(
                    minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: rules.messageFrames,
                    maxAccumulatedFrameSize: rules.messageBytes)
                try channel.pipeline.syncOperations.addHandlers(aggregator, exchange.value)
            }
        }
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: address.target, headers: ["host": address.authority])
        return NIOTypedHTTPClientUpgradeConfiguration(upgradeRequestHead: head, upgraders: [upgrader]) { channel in
            channel.eventLoop.makeFailedFuture(HTTPCallFailure.unreachable("it does not open a WebSocket"))
        }
    }
}

/// What a WebSocket of a client is opened with.
package struct WebSocketRules: Sendable {
    /// Bytes of a message; a longer one ends the connection.
    package var messageBytes: Int
    /// Frames of a message; more end the connection.
    package var messageFrames: Int
    /// Sent as a text when the connection is open; nil: nothing is.
    package var greeting: String?

    package init(messageBytes: Int, messageFrames: Int, greeting: String? = nil) {
        self.messageBytes = messageBytes
        self.messageFrames = messageFrames
        self.greeting = greeting
    }
}

/// A whole message of a server, its frames put together. A text may be no valid UTF-8.
package enum WebSocketPayload: Sendable, Equatable {
    case text(ByteBuffer)
    case binary(ByteBuffer)
}

/// The messages of a server as they come; the socket is read no further while too many wait.
///
/// They end when the server closes, and with ``HTTPCallFailure`` when the connection is lost.
package struct WebSocketMessages: AsyncSequence, Sendable {
    package typealias Element = WebSocketPayload
    typealias Producer = NIOThrowingAsyncSequenceProducer<
        WebSocketPayload, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, WebSocketDemand
    >

    let base: Producer

    /// Takes one message after the other.
    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var base: Producer.AsyncIterator

        /// - Throws: ``HTTPCallFailure``.
        package mutating func next() async throws -> WebSocketPayload? { try await next(isolation: #isolation) }

        /// - Throws: ``HTTPCallFailure``.
        package mutating func next(isolation actor: isolated (any Actor)?) async throws -> WebSocketPayload? {
            try await base.next(isolation: actor)
        }
    }

    /// An iterator over the messages as they arrive; they are read once.
    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: base.makeAsyncIterator()) }
}

/// Tells the connection's handler, on its event loop, what the reader of the messages does.
struct WebSocketDemand: NIOAsyncSequenceProducerDelegate {
    let exchange: NIOLoopBound<WebSocketExchange>

    func produceMore() { exchange.eventLoop.execute { exchange.value.readerWantsMore() } }

    func didTerminate() { exchange.eventLoop.execute { exchange.value.end(nil) } }
}

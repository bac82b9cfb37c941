package import HTTPTypes
import HearthCore
package import Hummingbird
package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTP1
package import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import Synchronization

/// Hearth's HTTP/1.1 connection: Hummingbird's loop behind ``HTTPConnectionHandler``, with WebSockets on any request.
///
/// Works on TCP and unix sockets alike; ordinary requests take the same way as in Hummingbird's `HTTP1Channel`.
package struct HTTPConnectionChannel: ServerChildChannel, HTTPChannelHandler {
    package typealias Value = AcceptedConnection
    /// Asked for every request that wants to be a WebSocket.
    package typealias ShouldUpgrade = @Sendable (HTTPRequest) async -> WebSocketDecision
    /// Whether a request takes so little that it is answered on its connection's own thread.
    package typealias IsQuick = @Sendable (HTTPRequest) -> Bool

    package let responder: HTTPChannelHandler.Responder
    private let limits: HTTPConnectionLimits
    private let connections: OpenConnections

    /// - Parameters:
    ///   - responder: answers ordinary requests.
    ///   - logger: for what goes wrong in WebSocket handlers.
    package init(
        responder: @escaping HTTPChannelHandler.Responder, limits: HTTPConnectionLimits, logger: Logger,
        isQuick: @escaping IsQuick, shouldUpgrade: @escaping ShouldUpgrade
    ) {
        self.limits = limits
        connections = OpenConnections(limit: limits.connections)
        let webSockets = WebSocketResponder(limits: limits.webSocket, logger: logger, shouldUpgrade: shouldUpgrade)
        let respond: HTTPChannelHandler.Responder = { request, writer, channel in
            if WebSocketHandshake.isAsked(by: request.head) {
                try await webSockets.respond(to: request, writer: writer, channel: channel, otherwise: responder)
            } else if request.headers[.expect]?.lowercased() == "100-continue" {
                var request = request
                request.body = RequestBody(asyncSequence: ContinuedBody(base: request.body, channel: channel))
                try await responder(request, writer, channel)
            } else {
                try await responder(request, writer, channel)
            }
        }
        self.responder = { request, writer, channel in
            guard !isQuick(request.head) else { return try await respond(request, writer, channel) }
            let threads: any TaskExecutor =
                request.head.hasLongBody ? RequestThreads.shared : globalConcurrentExecutor
            // A closure cannot give away what it has captured, but what it takes out of it.
            var held: ResponseWriter? = writer
            try await withTaskExecutorPreference(threads) {
                guard let writer = held.take() else { return }
                try await respond(request, writer, channel)
            }
        }
    }

    /// Adds the handlers of a connection to its channel.
    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            var decoderLimits = NIOHTTPDecoderLimitConfiguration()
            decoderLimits.maxHeaderFieldSize = limits.headerBytes
            decoderLimits.maxHeaderListSize = limits.headerBytes
            decoderLimits.maxHeaderFieldCount = limits.headerFields
            let encoder = HTTPResponseEncoder()
            let decoder = ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: decoderLimits))
            let presence = ClientPresence(channel)
            let now = channel.eventLoop.now
            let connection = connections.add(
                { [weak channel] in channel?.remoteAddress?.ipAddress ?? "" }, now: now,
                close: { [weak channel] in channel?.close(promise: nil) })
            channel.closeFuture.whenComplete { [connections] _ in connections.remove(connection) }
            let handler = HTTPConnectionHandler(
                encoder: encoder, decoder: decoder, presence: presence, connection: connection, limits: limits,
                now: now)
            try channel.pipeline.syncOperations.addHandlers([encoder, decoder, handler])
            return AcceptedConnection(
                try NIOAsyncChannel(
                    wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)),
                presence)
        }
    }

    /// Serves a connection until it closes.
    package func handle(value: Value, logger: Logger) async {
        let stream = value.take()
        // Waiting for a request and reading its head need no other thread than the one that they arrive on.
        await withTaskExecutorPreference(EventLoopExecutor(stream.channel.eventLoop)) {
            await value.presence.serve { await handleHTTP(asyncChannel: stream, logger: logger) }
        }
    }
}

extension HTTPServerBuilder {
    /// Hearth's HTTP/1.1 server for `Application(server:)`.
    /// - Parameter isQuick: Asked for every request; what is not quick runs on the cooperative threads, or on those for
    ///   requests when its body is long.
    package static func hearth(
        limits: HTTPConnectionLimits = .standard, logger: Logger,
        isQuick: @escaping HTTPConnectionChannel.IsQuick = { _ in false },
        shouldUpgrade: @escaping HTTPConnectionChannel.ShouldUpgrade = { _ in .notWebSocket }
    ) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            HTTPConnectionChannel(
                responder: responder, limits: limits, logger: logger, isQuick: isQuick, shouldUpgrade: shouldUpgrade)
        }
    }
}

extension ApplicationConfiguration {
    /// An address and the bound on open connections. Beyond it, connections that wait for their clients are closed
    /// (``OpenConnections``); where none does, more wait in the kernel's queue until one closes.
    package static func hearth(
        address: BindAddress, connections: Int = Limits.connections, logger: Logger
    ) -> ApplicationConfiguration {
        ApplicationConfiguration(
            address: address, backlog: Limits.connectionBacklog,
            availableConnectionsDelegate: .maximum(connections + Limits.connectionReserve, logger: logger))
    }
}

/// A body whose client waits for `100 Continue` before it sends: asking for the first bytes says so (RFC 9110, 10.1.1).
private struct ContinuedBody: AsyncSequence, Sendable {
    let base: RequestBody
    let channel: any Channel

    func makeAsyncIterator() -> Iterator {
        Iterator(base: base.makeAsyncIterator(), channel: channel)
    }

    struct Iterator: AsyncIteratorProtocol {
        var base: RequestBody.AsyncIterator
        let channel: any Channel
        var hasAsked = false

        @concurrent mutating func next() async throws -> ByteBuffer? {
            if !hasAsked {
                hasAsked = true
                channel.triggerUserOutboundEvent(HTTPContinueEvent(), promise: nil)
            }
            return try await base.next()
        }
    }
}

/// A connection on its way to its handler; one that is dropped on the way closes itself.
///
/// A server that is cancelled drops the connections that it has accepted and not handed over yet, and a
/// `NIOAsyncChannel` that was never used ends the process.
package final class AcceptedConnection: ServerChildChannelValue {
    package typealias Stream = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    private let stream: Stream
    /// Whether its client is still there.
    let presence: ClientPresence
    private let isTaken = Atomic(false)

    init(_ stream: Stream, _ presence: ClientPresence) {
        self.stream = stream
        self.presence = presence
    }

    package var channel: any Channel { stream.channel }

    /// The connection, for the code that handles it.
    func take() -> Stream {
        isTaken.store(true, ordering: .relaxed)
        return stream
    }

    deinit {
        guard !isTaken.load(ordering: .relaxed) else { return }
        let stream = stream
        // The task is not awaited: it does nothing but close.
        Task { try? await stream.executeThenClose { _, _ in } }
    }
}

/// Whether the client of a connection is still there: the work for one that has left is cancelled.
package final class ClientPresence: Sendable {
    /// Of the connection whose request the task answers; nil where there is none.
    @TaskLocal static var current: ClientPresence?

    private let channel: any Channel
    private let leaving: AsyncStream<Void>
    private let leave: AsyncStream<Void>.Continuation

    init(_ channel: any Channel) {
        self.channel = channel
        (leaving, leave) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The connection is closed, so no client waits for its answers.
    func end() { leave.finish() }

    /// The address of the client whose request the task answers, without its port; nil for unix sockets and in tests
    /// without a connection.
    package static var currentAddress: String? { current?.channel.remoteAddress?.ipAddress }

    /// Closes the connection when its client takes nothing of what has been written, so that the code that writes
    /// does not wait for it any longer.
    func endIfStalled() {
        if !channel.isWritable { channel.close(promise: nil) }
    }

    /// Serves a connection; the task that does it is cancelled when the client has left.
    ///
    /// There is one more task for a connection, and none for a request.
    func serve(_ body: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await Self.$current.withValue(self) { await body() } }
            group.addTask { [leaving] in for await _ in leaving {} }
            // The first to end ends the other: the work is done, or its client has left.
            await group.next()
            group.cancelAll()
        }
    }
}

/// Runs tasks on the thread of an event loop: what is short is over there before another thread would have woken up.
///
/// Nothing long may run there, because all connections of the loop wait for it meanwhile.
package final class EventLoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    package init(_ loop: any EventLoop) { self.loop = loop }

    /// Runs a job on the loop's thread, after what waits there.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

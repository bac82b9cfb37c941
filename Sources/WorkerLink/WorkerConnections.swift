import HearthCore
import NIOCore
import NIOHTTP1
import NIOPosix

/// Connections to workers' unix sockets, kept for the next call.
///
/// Each event loop has its own, so that a call which comes on one is answered there, without a change of thread.
final class WorkerConnections: Sendable {
    private struct Place: Hashable {
        let loop: ObjectIdentifier
        let socket: String
    }

    private struct State {
        var idle: [Place: [WorkerConnection]] = [:]
        var open: [ObjectIdentifier: any Channel] = [:]
        var isShutDown = false
    }

    private let group = MultiThreadedEventLoopGroup.singleton
    private let state = Locked(State())

    /// One call; throws what has failed, and `CancellationError`.
    func send(
        _ head: HTTPRequestHead, body: [ByteBuffer], to socket: String, timeout: Duration
    ) async throws -> WorkerExchange.Answer {
        // The loop that the caller runs on, if it runs on one.
        let loop = group.any()
        let exchange = WorkerExchange(head, body: body)
        let timeout = TimeAmount.nanoseconds(max(1_000_000, timeout.nanoseconds))
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let begin = { @Sendable in
                    guard exchange.begin(on: loop, timeout: timeout, continuation) else { return }
                    self.run(exchange, on: loop, socket)
                }
                if loop.inEventLoop { begin() } else { loop.execute(begin) }
            }
        } onCancel: {
            loop.execute { exchange.fail(CancellationError()) }
        }
    }

    /// Closes all connections; what is under way fails.
    func shutDown() async throws {
        let open = state.withLock { state in
            state.isShutDown = true
            return Array(state.open.values)
        }
        for channel in open {
            channel.close(promise: nil)
            try? await channel.closeFuture.get()
        }
    }

    private func run(_ exchange: WorkerExchange, on loop: any EventLoop, _ socket: String) {
        let place = Place(loop: ObjectIdentifier(loop), socket: socket)
        if let connection = idleConnection(at: place) { return connection.run(exchange) }
        connect(at: place, loop).assumeIsolated().whenComplete { result in
            switch result {
            case .failure(let error): exchange.fail(error)
            case .success(let connection) where exchange.isOver: self.keep(connection, at: place)
            case .success(let connection): connection.run(exchange)
            }
        }
    }

    /// The one that was used last; those that the worker is about to close are closed here.
    private func idleConnection(at place: Place) -> WorkerConnection? {
        let oldest = NIODeadline.now() - .nanoseconds(Limits.idleWorkerConnection.nanoseconds)
        let (found, old) = state.withLock { state -> (WorkerConnection?, [WorkerConnection]) in
            guard let last = state.idle[place]?.popLast() else { return (nil, []) }
            guard last.idleSince < oldest else { return (last, []) }
            // Those before it have been idle for longer still.
            return (nil, [last] + (state.idle.removeValue(forKey: place) ?? []))
        }
        for connection in old { connection.close() }
        return found
    }

    private func connect(at place: Place, _ loop: any EventLoop) -> EventLoopFuture<WorkerConnection> {
        let connection = WorkerConnection { [weak self] connection in
            self?.keep(connection, at: place)
        } onEnd: { [weak self] connection in
            self?.state.withLock { state in
                state.idle[place]?.removeAll { $0 === connection }
                if state.idle[place]?.isEmpty == true { state.idle[place] = nil }
                state.open[ObjectIdentifier(connection)] = nil
            }
        }
        return ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        HTTPRequestEncoder(), ByteToMessageHandler(HTTPResponseDecoder()), connection,
                    ])
                }
            }
            .connect(unixDomainSocketPath: place.socket)
            .flatMapThrowing { channel in
                let isShutDown = self.state.withLock { state in
                    if !state.isShutDown, channel.isActive { state.open[ObjectIdentifier(connection)] = channel }
                    return state.isShutDown
                }
                guard !isShutDown else {
                    channel.close(promise: nil)
                    throw ChannelError.ioOnClosedChannel
                }
                return connection
            }
    }

    private func keep(_ connection: WorkerConnection, at place: Place) {
        let isKept = state.withLock { state in
            guard !state.isShutDown, state.open[ObjectIdentifier(connection)] != nil,
                state.idle[place, default: []].count < Limits.idleWorkerConnections
            else { return false }
            state.idle[place, default: []].append(connection)
            return true
        }
        if !isKept { connection.close() }
    }
}

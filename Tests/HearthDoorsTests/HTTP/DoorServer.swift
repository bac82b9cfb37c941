import HTTPTypes
import HearthCore
import HearthHTTP
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing

/// A real server on a free port, for as long as a test's closure runs.
enum DoorServer {
    /// Where it listens.
    struct Address: Sendable {
        let port: Int?
        let path: String?
    }

    static let quiet: Logger = {
        var logger = Logger(label: "door-tests")
        logger.logLevel = .critical
        return logger
    }()

    /// - Parameter stop: the closure's second argument makes the server stop gracefully.
    static func run(
        limits: HTTPConnectionLimits = .standard, path: String? = nil, logger: Logger = quiet,
        isQuick: @escaping HTTPConnectionChannel.IsQuick = { _ in false },
        shouldUpgrade: @escaping HTTPConnectionChannel.ShouldUpgrade = { _ in .notWebSocket },
        routes: (Router<BasicRequestContext>) -> Void = { _ in },
        _ test: @escaping @Sendable (Address, _ stop: @escaping @Sendable () async -> Void) async throws -> Void
    ) async throws {
        let router = Router()
        router.add(middleware: ErrorMiddleware(allowedMethods: { $0 == "/hello" ? [.get, .head] : [] }))
        router.get("hello") { _, _ in "hello" }
        router.on("hello", method: .head) { _, _ in "hello" }
        routes(router)
        try await run(
            limits: limits, path: path, logger: logger, isQuick: isQuick, shouldUpgrade: shouldUpgrade, router: router,
            test)
    }

    /// The same with a router of one's own.
    static func run(
        limits: HTTPConnectionLimits = .standard, path: String? = nil, logger: Logger = quiet,
        isQuick: @escaping HTTPConnectionChannel.IsQuick = { _ in false },
        shouldUpgrade: @escaping HTTPConnectionChannel.ShouldUpgrade = { _ in .notWebSocket },
        router: Router<BasicRequestContext>,
        _ test: @escaping @Sendable (Address, _ stop: @escaping @Sendable () async -> Void) async throws -> Void
    ) async throws {
        let (addresses, running) = AsyncStream<Address>.makeStream()
        let app = Application(
            router: router,
            server: .hearth(limits: limits, logger: logger, isQuick: isQuick, shouldUpgrade: shouldUpgrade),
            configuration: .hearth(
                address: path.map { .unixDomainSocket(path: $0) } ?? .hostname("127.0.0.1", port: 0), logger: logger),
            onServerRunning: { channel in
                running.yield(Address(port: channel.localAddress?.port, path: path))
            }, logger: logger)
        let group = ServiceGroup(configuration: .init(services: [app], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                try await group.run()
                running.finish()
            }
            var iterator = addresses.makeAsyncIterator()
            let address = try #require(await iterator.next())
            try await test(address) { await group.triggerGracefulShutdown() }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}

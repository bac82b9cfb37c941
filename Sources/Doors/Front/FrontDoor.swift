import HTTPTypes
package import HearthCore
package import HearthHTTP
import Hummingbird
package import HummingbirdCore
package import Logging
import ServiceLifecycle

/// The front's server: every route of every door on one port.
package struct FrontDoor: Service {
    private let application: any ApplicationProtocol

    /// - Parameters:
    ///   - budget: bounds the bodies that all doors hold together.
    ///   - deflater: packs answers for clients that take them so; nil: none are.
    ///   - allowsOrigin: whether pages of an origin may read answers.
    ///   - port: 0 takes a free one.
    ///   - encrypt: puts TLS below the server.
    ///   - onListening: called once with the port when it is open.
    /// - Throws: ``HearthError`` `invalid_configuration` when two doors answer the same requests.
    package init(
        _ doors: [any Door], admission: Admission, budget: BodyBudget, deflater: (any ContentDeflater)? = nil,
        allowsOrigin: @escaping CrossOrigin.Rule = { _ in false }, host: String, port: Int,
        encrypt: (HTTPServerBuilder) throws -> HTTPServerBuilder = { $0 }, logger: Logger,
        onListening: @escaping @Sendable (Int) -> Void
    ) throws {
        let routing = try DoorRouting(
            doors, admission: admission, budget: budget, deflater: deflater, allowsOrigin: allowsOrigin)
        application = Application(
            router: routing.router(),
            server: try encrypt(
                .hearth(logger: logger, isQuick: routing.isQuick) { await routing.decide($0, logger: logger) }),
            configuration: .hearth(address: .hostname(host, port: port), logger: logger),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? port) }, logger: logger)
    }

    /// Serves until the server stops.
    /// - Throws: when the address cannot be bound.
    package func run() async throws { try await application.run() }
}

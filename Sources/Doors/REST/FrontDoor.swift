import HTTPTypes
package import HearthCore
import Hummingbird
package import Logging
import ServiceLifecycle

/// The front's server: every route of every door on one port.
package struct FrontDoor: Service {
    /// What the doors serve.
    package struct Parts: Sendable {
        package var registry: OperationRegistry
        package var jobs: JobDoor
        package var embedding: EmbeddingDoor
        package var foreign: ForeignDoor
        package var collections: CollectionDoor
        package var monitoring: MonitoringDoor
        package var policy: AccessPolicy
        package var metrics: MetricsRegistry
        /// Bounds the bodies that all doors hold together.
        package var budget: BodyBudget

        package init(
            registry: OperationRegistry, jobs: JobDoor, embedding: EmbeddingDoor, foreign: ForeignDoor,
            collections: CollectionDoor, monitoring: MonitoringDoor, policy: AccessPolicy, metrics: MetricsRegistry,
            budget: BodyBudget
        ) {
            self.budget = budget
            self.collections = collections
            self.embedding = embedding
            self.foreign = foreign
            self.registry = registry
            self.jobs = jobs
            self.monitoring = monitoring
            self.policy = policy
            self.metrics = metrics
        }
    }

    private let application: any ApplicationProtocol

    /// - Parameters:
    ///   - port: 0 takes a free one.
    ///   - onListening: called once with the port when it is open.
    package init(
        _ parts: Parts, host: String, port: Int, logger: Logger, onListening: @escaping @Sendable (Int) -> Void
    ) throws {
        application = Application(
            router: try Self.router(parts),
            server: .door(logger: logger, isQuick: EmbeddingDoor.isQuick, shouldUpgrade: parts.jobs.webSocket),
            configuration: .door(address: .hostname(host, port: port), logger: logger),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? port) }, logger: logger)
    }

    package func run() async throws { try await application.run() }

    private static func router(_ parts: Parts) throws -> Router<DoorContext> {
        let budget = parts.budget
        let rest = RESTDoor(
            registry: parts.registry, budget: budget, metrics: parts.metrics,
            otherRoutes: EmbeddingDoor.openAPI + parts.foreign.openAPI + CollectionDoor.openAPI)
        let router = Router(context: DoorContext.self)
        router.add(
            middleware: ErrorMiddleware(
                allowedMethods: { path in
                    rest.allowedMethods(at: path) + parts.jobs.allowedMethods(at: path)
                        + EmbeddingDoor.allowedMethods(at: path) + MonitoringDoor.allowedMethods(at: path)
                        + parts.foreign.allowedMethods(at: path) + parts.collections.allowedMethods(at: path)
                },
                shape: { path in
                    EmbeddingDoor.errorShape(at: path) ?? parts.foreign.errorShape(at: path) ?? .hearth
                }))
        router.add(middleware: AdmissionMiddleware(policy: parts.policy, metrics: parts.metrics))
        try rest.add(to: router)
        parts.jobs.add(to: router)
        parts.embedding.add(to: router)
        parts.foreign.add(to: router)
        parts.collections.add(to: router)
        parts.monitoring.add(to: router)
        parts.metrics.gauge("hearth_body_bytes", help: "Bytes of request bodies held now.") {
            Double(budget.bytesInFlight)
        }
        return router
    }
}

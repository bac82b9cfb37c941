import Foundation
import HearthCore
import HearthInference
import HearthJobs
import HearthLocalFiles
import HearthModelLibrary
import HearthModelRuntime
import HearthOpenVINO
import HearthProducts
import HearthSQLite
import HearthSchema
import HearthStudio
import HearthVectorStore
import HearthVips
import HearthWorkerLink
import HearthZlib
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Builds and runs a worker: the one place that knows all of its parts.
struct Assembly {
    private let settings: WorkerSettings
    private let folder: DataFolder
    private let host: ModelHost
    private let logger: Logger

    init(_ settings: WorkerSettings, codec: VipsCodec, logger: Logger) throws {
        self.settings = settings
        self.logger = logger
        folder = DataFolder(settings.dataFolder)
        host = ModelHost(
            library: try Self.library(settings), runtime: try OpenVINORuntime(), codec: codec,
            configuration: try Self.configuration(settings), logger: logger)
    }

    /// The models that the settings name, after the built-in one.
    static func library(_ settings: WorkerSettings) throws -> ModelLibrary {
        let folder = DataFolder(settings.dataFolder)
        let builtIn = try BuiltInModels.folder()
        return ModelLibrary(
            scanning: ModelLibrary.Configuration(
                roots: ["\(builtIn)/scatter"] + [folder.models] + settings.modelRoots,
                descriptors: ["\(builtIn)/descriptors"], checksumCache: "\(folder.cache)/checksums.json",
                allowsNonCommercial: settings.allowsNonCommercial))
    }

    /// How the settings want models to be loaded.
    static func configuration(_ settings: WorkerSettings) throws -> ModelHostConfiguration {
        var configuration = ModelHostConfiguration(defaultEmbedder: settings.anchorModel)
        guard let precision = ModelHostConfiguration.Precision(rawValue: settings.precision) else {
            throw HearthError(
                .invalidConfiguration, "`\(settings.precision)` is not a precision.", hint: "auto, f32 or bf16.")
        }
        configuration.precision = precision
        configuration.policy = try ResidencyPolicy(text: settings.keepAlive)
        configuration.group = settings.group
        configuration.cacheFolder = "\(DataFolder(settings.dataFolder).cache)/compiled"
        return configuration
    }

    /// Runs until SIGTERM, or until the front that started it is gone.
    func run() async throws {
        let store = try SQLiteStore(path: folder.database)
        guard try await Migrator(Schema.migrations).isCurrent(store) else {
            throw HearthError(.invalidConfiguration, "The database is not ready.", hint: "Start `hearth serve` first.")
        }
        let board = try WakeBoard(folder: folder.run, name: settings.worker)
        defer { board.shutDown() }
        let clock = SystemClock()
        let threads = BlockingThreads(name: "hearth-files")
        defer { threads.stop() }
        let queue = JobQueue(store: store, clock: clock, signal: board)
        let registry = try registry(store: store, threads: threads, queue: queue)
        let endedJobs = Atomic(0)
        let pool = WorkerPool(
            poolConfiguration(registry) { endedJobs.add(1, ordering: .relaxed) }, store: store, clock: clock,
            signal: board, logger: logger)
        let door = WorkerServer(engine: host) {
            EngineStatus(
                worker: settings.worker, pid: Int(getpid()), models: host.models(),
                defaultEmbedder: host.defaultEmbedderID, memoryBytes: ProcessMemory.residentBytes,
                endedJobs: endedJobs.load(ordering: .relaxed), group: settings.group)
        }
        let socket = folder.socket(of: settings.worker)
        defer { unlink(socket) }
        // Jobs belong to the worker that is always there.
        try await serve(door: door, socket: socket, settings.group == nil ? pool : IdleWatch(host: host))
        // Leases that are still held were cut off by the limit: they go back at no cost.
        try await queue.releaseWorker(settings.worker)
    }

    /// What jobs run.
    private func registry(
        store: any Store, threads: BlockingThreads, queue: JobQueue
    ) throws -> OperationRegistry {
        let (metrics, clock) = (MetricsRegistry(), SystemClock())
        let blobs = LocalBlobStore(root: folder.path, threads: threads)
        // Jobs see each picture once: a cache here would only be filled.
        let embeddings = EmbeddingService(engine: host)
        let collections = VectorCollections(store: store)
        let studio = Studio(
            store: store, blobs: blobs, queue: queue, engine: host, embeddings: embeddings,
            collections: collections, metrics: metrics, clock: clock, logger: logger)
        let products = Products(
            Products.Parts(
                store: store, blobs: blobs, queue: queue, engine: host, embeddings: embeddings,
                collections: collections, inflater: ZlibInflater(), metrics: metrics, clock: clock, logger: logger))
        return try OperationRegistry(studio.operations() + products.operations() + DiagnosticOperations.all())
    }

    private func serve(door: WorkerServer, socket: String, _ last: any Service) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: ModelService(host: host)),
                    .init(service: door.service(socket: socket, logger: quietLogger)),
                    .init(service: last, successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: ParentWatch(), successTerminationBehavior: .gracefullyShutdownGroup),
                ], gracefulShutdownSignals: [.sigterm, .sigint], logger: quietLogger))
        try await group.run()
    }

    private func poolConfiguration(
        _ registry: OperationRegistry, ended: @escaping @Sendable () -> Void
    ) -> WorkerPool.Configuration {
        let handlers = registry.jobHandlers.mapValues { handler in
            JobHandler(plan: handler.plan) { lease, progress in
                defer { ended() }
                return try await handler.run(lease, progress)
            }
        }
        let host = host
        return WorkerPool.Configuration(
            worker: settings.worker, handlers: handlers,
            isReady: { need in
                switch need {
                case .nothing: true
                case .imageEmbedder: host.isReady()
                }
            },
            readiness: {
                let (stream, continuation) = AsyncStream.makeStream(
                    of: Void.self, bufferingPolicy: .bufferingNewest(1))
                let task = Task {
                    for await _ in host.changes() { continuation.yield() }
                    continuation.finish()
                }
                continuation.onTermination = { _ in task.cancel() }
                return stream
            })
    }

    /// The frameworks' own chatter, at a level that leaves out "server started".
    private var quietLogger: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}

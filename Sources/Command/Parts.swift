import Foundation
import HearthCollections
import HearthCore
import HearthDoors
import HearthInference
import HearthJobs
import HearthLocalFiles
import HearthProducts
import HearthRemoteFetch
import HearthStudio
import HearthSupervisor
import HearthTLS
import HearthVectorStore
import HearthWorkerLink
import HearthZlib
import Logging

/// The long-lived parts of the front, joined.
struct Parts {
    /// What every door and feature embeds by.
    let embeddings: EmbeddingService
    let cache: TieredCache
    /// The keys that let callers in.
    let keyring: Keyring
    /// What tenants may have.
    let quotas: TenantQuotas
    let hub: EventHub
    let maintenance: JobMaintenance
    let sweeper: FileSweeper
    /// Makes the rows of scans after their answers.
    let scans: ScanWriter
    let workers: Workers
    let collectionUpkeep: CollectionUpkeep
    private let doors: [any Door]
    private let metrics: MetricsRegistry

    init(
        settings: Settings, store: any Store, queue: JobQueue, keyring: Keyring, quotas: TenantQuotas,
        board: WakeBoard, client: WorkerClient, metrics: MetricsRegistry, blobs: any BlobStore, logger: Logger
    ) throws {
        self.keyring = keyring
        self.quotas = quotas
        self.metrics = metrics
        let vectors = ScanFolder(settings.folder.vectors)
        let collections = VectorCollections(store: store, folder: vectors, logger: logger)
        collectionUpkeep = CollectionUpkeep(collections: collections, folder: vectors, logger: logger)
        let cacheRows = DatabaseTier(store: store, clock: queue.clock, metrics: metrics, logger: logger) {
            (try? await client.models()) ?? []
        }
        cache = TieredCache(
            memory: MemoryTier(clock: queue.clock, metrics: metrics), lower: [cacheRows], metrics: metrics)
        embeddings = EmbeddingService(engine: client, cache: cache)
        let studio = Studio(
            store: store, blobs: blobs, queue: queue, engine: client, embeddings: embeddings, collections: collections,
            metrics: metrics, clock: queue.clock, quotas: quotas, logger: logger)
        scans = ScanWriter(
            store: store, log: try LocalRecordLog(folder: settings.folder.scans, logger: logger), logger: logger)
        let products = Products(
            Products.Parts(
                store: store, blobs: blobs, queue: queue, engine: client, embeddings: embeddings,
                collections: collections, scans: scans, metrics: metrics, clock: queue.clock,
                quotas: quotas, logger: logger),
            upkeep: settings.productUpkeep)
        let jobs = try OperationRegistry(
            studio.operations() + products.operations() + DiagnosticOperations.all())
        hub = EventHub(store: store, table: queue.table, signal: board, logger: logger)
        sweeper = FileSweeper(store: store, blobs: blobs, owners: [studio, products], logger: logger)
        let workers = try Workers(settings, lanes: jobs.lanes, client: client, queue: queue, logger: logger)
        self.workers = workers
        maintenance = JobMaintenance(
            queue: queue, schedules: try studio.schedules() + products.schedules(),
            lanes: jobs.jobHandlers.mapValues(\.plan.lane), liveWorkers: { await workers.jobWorkers() }, logger: logger)
        let system = SystemOperations(
            store: store, queue: queue, collections: collections, cache: cache, hub: hub,
            supervisors: workers.supervisors, lanes: jobs.lanes, metrics: metrics)
        let named = NamedCollections(
            store: store, vectors: collections, embeddings: embeddings, clock: queue.clock, quotas: quotas)
        let registry = try ServerOperations(
            studio: studio, products: products, collections: named, embeddings: embeddings, queue: queue,
            keys: KeyOperations(store: store, clock: queue.clock, keyring: keyring),
            tenants: TenantOperations(quotas: quotas), system: system
        ).registry()
        let runner = EmbeddingRunner(
            service: embeddings, metrics: metrics, fetcher: settings.fetchesURLs ? RemotePictureFetcher() : nil)
        doors = [
            RESTDoor(registry: registry, metrics: metrics), JobDoor(queue: queue, hub: hub),
            CollectionDoor(collections: named),
            FileDoor(store: store, blobs: blobs, owners: [studio, products]), EmbeddingDoor(runner), OpenAIDoor(runner),
            TEIDoor(runner),
            OllamaDoor(runner), OpenInferenceDoor(runner), ImmichDoor(runner, admitsAll: settings.admitsImmich),
            ChromaDoor(collections: named),
            MonitoringDoor(metrics: metrics, workers: { await workers.metrics() }, isReady: system.readiness),
        ]
    }

    /// The server with all doors.
    func door(
        _ settings: Settings, _ credentials: Credentials, logger: Logger, onListening: @escaping @Sendable (Int) -> Void
    ) throws -> FrontDoor {
        metrics.gauge("hearth_process_resident_bytes", help: "Resident memory of the front.") {
            Double(ProcessMemory.residentBytes)
        }
        let budget = BodyBudget()
        metrics.gauge("hearth_body_bytes", help: "Bytes of request bodies held now.") {
            Double(budget.bytesInFlight)
        }
        let origins = OriginRule(allowedHosts: settings.allowedHosts)
        let policy = AccessPolicy(
            settingsKey: settings.apiKey, keyring: keyring, tokens: credentials.tokens, origins: origins)
        let admission = Admission(metrics: metrics) { head, isOptional in
            try await policy.caller(of: head, isOptional: isOptional)
        }
        return try FrontDoor(
            doors, admission: admission, budget: budget, deflater: ZlibDeflater(),
            allowsOrigin: { origins.allows(origin: $0) }, host: settings.host, port: settings.port,
            encrypt: { server in try credentials.tls?.wrap(server) ?? server }, logger: logger, onListening: onListening
        )
    }
}

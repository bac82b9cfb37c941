import Foundation
import HearthAssembly
import HearthCollections
import HearthCore
import HearthDoors
import HearthHTTP
import HearthInference
import HearthJobs
import HearthLocalFiles
import HearthProducts
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
    let deletions: DeletionUpkeep
    let health: HealthWatch
    /// Makes the rows of scans after their answers.
    let scans: ScanWriter
    let workers: Workers
    let collectionUpkeep: CollectionUpkeep
    /// Pictures that wait for the calls that name them.
    let uploads: UploadTable
    /// Whether every call can be answered now.
    let isReady: @Sendable () async -> Bool
    private let doors: [any Door]
    private let metrics: MetricsRegistry

    init(
        settings: Settings, server: String, store: any Store, queue: JobQueue, keyring: Keyring, quotas: TenantQuotas,
        seals: SealKeys, board: WakeBoard, client: WorkerClient, metrics: MetricsRegistry, blobs: any BlobStore,
        writer: any DurableWriter, storage: StorageWatch, threads: BlockingThreads, logger: Logger
    ) throws {
        self.keyring = keyring
        self.quotas = quotas
        self.metrics = metrics
        let vectors = ScanFolder(settings.folder.vectors)
        let collections = VectorCollections(
            store: store, table: CollectionTable(seals: seals), folder: vectors, logger: logger)
        collectionUpkeep = CollectionUpkeep(collections: collections, folder: vectors, logger: logger)
        let cacheRows = DatabaseTier(store: store, clock: queue.clock, metrics: metrics, logger: logger) {
            (try? await client.models()) ?? []
        }
        cache = TieredCache(
            memory: MemoryTier(clock: queue.clock, metrics: metrics), lower: [cacheRows], metrics: metrics)
        embeddings = EmbeddingService(engine: client, cache: cache)
        scans = ScanWriter(
            store: store, log: try LocalRecordLog(folder: settings.folder.scans, logger: logger), metrics: metrics,
            logger: logger)
        var parts = Features.Parts(
            store: store, blobs: blobs, queue: queue, engine: client, embeddings: embeddings, vectors: collections,
            metrics: metrics, logger: logger)
        parts.writer = writer
        parts.scans = scans
        parts.quotas = quotas
        parts.seals = seals
        parts.exports = ExportSpace(folder: settings.folder.cache)
        hub = EventHub(store: store, table: queue.table, signal: board, logger: logger)
        parts.waiter = JobWaiter(hub: hub, queue: queue)
        parts.productUpkeep = settings.productUpkeep
        parts.generatorDescriptions = try settings.generatorDescriptions()
        parts.defaultGenerators = try settings.defaultGenerators(among: parts.generatorDescriptions)
        let features = Features(parts)
        let jobs = try OperationRegistry(features.operations())
        sweeper = FileSweeper(
            store: store, blobs: blobs, owners: features.fileOwners, note: settings.folder.unnamedFiles, logger: logger)
        deletions = DeletionUpkeep(features.deletions(in: store), logger: logger)
        let workers = try Workers(
            settings, server: server, lanes: jobs.lanes, client: client, queue: queue, logger: logger)
        self.workers = workers
        maintenance = JobMaintenance(
            queue: queue, schedules: try features.schedules(),
            lanes: jobs.jobHandlers.mapValues(\.plan.lane), liveWorkers: { await workers.jobWorkers() }, logger: logger)
        let system = SystemOperations(
            store: store, queue: queue, collections: collections, cache: cache, hub: hub,
            supervisors: workers.supervisors, lanes: jobs.lanes, metrics: metrics,
            storage: { storage.condition }, seals: seals)
        health = HealthWatch(storage: storage, losses: { await system.losses() }, logger: logger)
        isReady = { await system.readiness().isReady }
        let uploads = UploadTable(clock: queue.clock)
        self.uploads = uploads
        let registry = try ServerOperations(
            features: features, embeddings: embeddings, queue: queue,
            keys: KeyOperations(
                store: store, clock: queue.clock, keyring: keyring,
                makesFirstKey: settings.apiKey != nil || settings.tokens != nil),
            tenants: TenantOperations(quotas: quotas),
            audit: AuditOperations(store: store, clock: queue.clock), system: system, uploads: uploads,
            waiter: parts.waiter
        ).registry()
        doors =
            DoorList(
                settings: settings, features: features, registry: registry, system: system, store: store, blobs: blobs,
                seals: seals, queue: queue, hub: hub, embeddings: embeddings, uploads: uploads, workers: workers,
                metrics: metrics,
                threads: threads
            ).all
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
        let origins = OriginRule(allowedHosts: settings.allowedHosts, admitsLocalPages: settings.admitsLocalPages)
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

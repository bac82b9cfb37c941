import Foundation
import HearthAssembly
import HearthComfyUI
import HearthCore
import HearthGenerators
import HearthInference
import HearthJobs
import HearthLocalFiles
import HearthModelLibrary
import HearthModelRuntime
import HearthOpenVINO
import HearthPrograms
import HearthStudio
import HearthVectorStore
import HearthVips
import HearthWorkerLink
import HearthZlib
import Logging
import ServiceLifecycle
import UnixSignals

/// Builds and runs a worker: the one place that knows all of its parts.
struct Assembly {
    private let settings: WorkerSettings
    private let folder: DataFolder
    /// Held as long as the process lives: tells the next server that this one may write.
    private let writer: DataFolderWriter
    private let programs: ProgramProcesses
    /// The models; nil in a role without any, which loads no inference library.
    private let host: ModelHost?
    private let engine: JobEngine
    private let metrics = MetricsRegistry()
    private let logger: Logger

    init(_ settings: WorkerSettings, codec: VipsCodec, logger: Logger) throws {
        self.settings = settings
        self.logger = logger
        folder = DataFolder(settings.dataFolder)
        let programs = ProgramProcesses(worker: settings.worker, root: folder.jobs(of: settings.worker))
        self.programs = programs
        // First of all, because loading models may take long.
        ParentWatch.start { programs.killAll() }
        writer = try DataFolderWriter(folder, server: settings.server)
        host =
            settings.role == .inference
            ? ModelHost(
                library: try Self.library(settings), runtime: try OpenVINORuntime(), codec: codec,
                configuration: try Self.configuration(settings), logger: logger)
            : nil
        engine = JobEngine(host: host, frontSocket: folder.socket(of: DataFolder.frontName))
    }

    /// The models that the settings name, after the built-in one.
    static func library(_ settings: WorkerSettings) throws -> ModelLibrary {
        let folder = DataFolder(settings.dataFolder)
        let builtIn = try BuiltInModels.folder()
        // A command that runs without a server must not create a data folder.
        let hasFolder = FileManager.default.fileExists(atPath: folder.path)
        return ModelLibrary(
            scanning: ModelLibrary.Configuration(
                roots: ["\(builtIn)/scatter"] + (hasFolder ? [folder.models] : []) + settings.modelRoots
                    + BuiltInModels.made(in: builtIn),
                descriptors: ["\(builtIn)/descriptors"],
                checksumCache: hasFolder ? "\(folder.cache)/checksums.json" : nil,
                allowsNonCommercial: settings.allowsNonCommercial))
    }

    /// How the settings want models to be loaded.
    static func configuration(_ settings: WorkerSettings) throws -> ModelHostConfiguration {
        var configuration = ModelHostConfiguration(defaultEmbedder: settings.anchorModel)
        configuration.productEmbedder = settings.productModel
        configuration.textEmbedder = settings.textModel
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
        do {
            try await runParts()
        } catch {
            try? await engine.shutDown()
            throw error
        }
        try await engine.shutDown()
    }

    private func runParts() async throws {
        let store = try DataStore.open(folder)
        guard try await Migrator(Schema.migrations).isCurrent(store) else {
            throw HearthError(.invalidConfiguration, "The database is not ready.", hint: "Start `hearth serve` first.")
        }
        let board = try WakeBoard(folder: folder.run, name: settings.worker)
        defer { board.shutDown() }
        let clock = SystemClock()
        let threads = BlockingThreads(name: "hearth-files")
        defer { threads.stop() }
        let queue = JobQueue(
            store: store, table: JobTable(subjects: Schema.jobSubjects), clock: clock, signal: board)
        let quotas = TenantQuotas(store: store, counters: Schema.usage, logger: logger)
        try await quotas.refresh()
        let endedJobs = metrics.counter("hearth_worker_attempts_total", help: "Attempts at jobs that have ended.")
        let handlers = try jobHandlers(store: store, threads: threads, queue: queue, quotas: quotas) {
            endedJobs.increment()
        }
        let needs = NeedWatch(handlers: handlers, engine: engine)
        let pool = WorkerPool(
            WorkerPool.Configuration(
                worker: settings.worker, handlers: handlers, isForSuspects: settings.isForSuspects,
                isMet: { needs.isMet($0) }, needChanges: { needs.changes }),
            store: store, table: queue.table, clock: clock, signal: board, logger: logger)
        measureProcess()
        let served: any InferenceEngine = if let host { host } else { engine }
        let door = WorkerServer(engine: served, metrics: metrics) {
            EngineStatus(
                worker: settings.worker, pid: Int(getpid()), models: host?.models() ?? [],
                defaultEmbedder: host?.defaultEmbedderID, productEmbedder: host?.productEmbedderID,
                memoryBytes: ProcessMemory.residentBytes, endedJobs: endedJobs.value, group: settings.group,
                role: settings.role,
                unmetNeeds: needs.unmet)
        }
        let socket = folder.socket(of: settings.worker)
        defer { unlink(socket) }
        // A worker of a model group runs no jobs: it ends when its models have left memory.
        let work: [any Service] =
            if let host, settings.group != nil { [IdleWatch(host: host)] } else { [quotas, needs, pool] }
        try await serve([door.service(socket: socket, logger: quietLogger)] + work)
        // Leases that are still held were cut off by the limit: they go back at no cost.
        try await queue.releaseWorker(settings.worker)
    }

    /// What this process shows of itself, beside what its parts count.
    private func measureProcess() {
        metrics.gauge("hearth_process_resident_bytes", help: "Resident memory of the process.") {
            Double(ProcessMemory.residentBytes)
        }
        guard let host else { return }
        func gauges(_ name: String, _ help: String, _ value: @escaping @Sendable (ModelStatus) -> Int) {
            metrics.gauges(name, help: help) {
                host.models().filter { $0.group == settings.group && $0.state == .ready }.map {
                    MetricSample(labels: ["model": $0.id], value: Double(value($0)))
                }
            }
        }
        gauges("hearth_model_inferences", "Inferences since the start of the process.") { $0.inferences ?? 0 }
        gauges("hearth_model_passes", "Passes since the start of the process.") { $0.passes ?? 0 }
        gauges("hearth_model_waiting", "Calls that wait for a pass.") { $0.waiting ?? 0 }
    }

    /// What jobs run in this process: the operations whose lanes are of its role.
    /// - Parameter ended: Called after each attempt.
    private func jobHandlers(
        store: any Store, threads: BlockingThreads, queue: JobQueue, quotas: TenantQuotas,
        ended: @escaping @Sendable () -> Void
    ) throws -> [String: JobHandler] {
        guard settings.group == nil else { return [:] }
        let seals = try sealKeys(store, clock: queue.clock)
        // Jobs see each picture once: a cache here would only be filled.
        var parts = Features.Parts(
            store: store, blobs: LocalBlobStore(root: folder.path, threads: threads), queue: queue, engine: engine,
            embeddings: EmbeddingService(engine: engine),
            vectors: VectorCollections(store: store, table: CollectionTable(seals: seals)), metrics: metrics,
            logger: logger)
        parts.seals = seals
        parts.inflater = ZlibInflater()
        parts.programs = programs
        if !settings.comfyUIServers.isEmpty {
            parts.generatorDescriptions.append(try ComfyUIDescription.of(servers: settings.comfyUIServers))
        }
        if settings.role == .media {
            let painter = try VipsPainter()
            parts.painter = painter
            parts.generators = [
                StoryboardGenerator(painter: painter, threads: threads),
                AnimaticGenerator(painter: painter, threads: threads, programs: programs),
            ]
            if !settings.comfyUIServers.isEmpty {
                parts.generators.append(
                    try ComfyUIGenerator(servers: settings.comfyUIServers, workflows: StoredWorkflows(store: store)))
            }
        }
        parts.quotas = quotas
        let registry = try OperationRegistry(Features(parts).operations())
        return registry.jobHandlers.filter { $0.value.plan.lane.role == settings.role }.mapValues { handler in
            JobHandler(plan: handler.plan) { lease, progress in
                defer { ended() }
                return try await handler.run(lease, progress)
            }
        }
    }

    /// The keys by which jobs seal what they find.
    private func sealKeys(_ store: any Store, clock: any WallClock) throws -> SealKeys {
        let given = try settings.masterKey.map { try MasterKey($0, from: "HEARTH_MASTER_KEY") }
        return SealKeys(
            store: store, files: MasterKeyFiles(given: [given].compactMap { $0 }, folder: folder.keys), clock: clock)
    }

    /// Runs services, in their order, beside the models; the end of the last one ends the process.
    private func serve(_ services: [any Service]) async throws {
        var all: [ServiceGroupConfiguration.ServiceConfiguration] = []
        if let host { all.append(.byType(ModelService(host: host))) }
        all += services.dropLast().map { .byType($0) }
        all += services.suffix(1).map { .byType($0, onSuccess: .gracefullyShutdownGroup) }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: all, gracefulShutdownSignals: [.sigterm, .sigint], logger: quietLogger))
        do {
            try await group.run()
        } catch let error as ServiceGroupError {
            logger.warning("The worker ends because a part of it has ended", metadata: ["error": "\(error)"])
        }
    }

    /// The frameworks' own chatter, at a level that leaves out "server started".
    private var quietLogger: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}

import Foundation
import HearthAssembly
import HearthCollections
import HearthCore
import HearthDoors
import HearthJSON
import HearthJobs
import HearthLocalFiles
import HearthSupervisor
import HearthVectorStore
import HearthWorkerLink
import Logging
import ServiceLifecycle
import UnixSignals

/// Builds and runs the front: the one place that knows all of its parts.
struct Assembly {
    let settings: Settings
    let metrics: MetricsRegistry
    let logger: Logger

    /// Runs a server until SIGTERM or SIGINT.
    /// - Parameter onListening: called once with the port when it is open.
    func run(onListening: @escaping @Sendable (Int) -> Void) async throws {
        let folder = settings.folder
        let credentials = try await Credentials(settings, logger: logger)
        for warning in try folder.make() { logger.warning("\(warning)") }
        let lock = try DataFolderLock(folder)
        defer { withExtendedLifetime(lock) {} }
        removeSockets(of: folder)
        removeJobs(of: folder)
        let threads = BlockingThreads(name: "hearth-files")
        defer { threads.stop() }
        let journal = try BlobJournal(folder: folder.journal, files: folder.path, logger: logger)
        defer { journal.stop() }
        let blobs = LocalBlobStore(root: folder.path, threads: threads, journal: journal)
        let reserve = DiskReserve(folder)
        let store = try DataStore.open(folder, files: blobs, reserve: reserve, metrics: metrics)
        let clock = SystemClock()
        try await Migrator(Schema.migrations).run(store, now: clock.now())
        let board = try WakeBoard(folder: folder.run, name: "front")
        defer { board.shutDown() }
        let keyring = Keyring(store: store, clock: clock, logger: logger)
        try await keyring.refresh()
        try requireKey(keyring, credentials)
        let quotas = TenantQuotas(store: store, counters: Schema.usage, logger: logger)
        try await quotas.refresh()
        let queue = JobQueue(store: store, clock: clock, signal: board, quotas: quotas)
        try await queue.releaseWorkers(prefix: WorkerNames.prefix(of: folder))
        let client = WorkerClient()
        let parts = try Parts(
            settings: settings, store: store, queue: queue, keyring: keyring, quotas: quotas, board: board,
            client: client, metrics: metrics, blobs: blobs, writer: store,
            storage: StorageWatch(reserve, threads: threads),
            logger: logger)
        do {
            try await serve(parts, credentials, onListening: onListening)
        } catch {
            try? await client.shutDown()
            throw error
        }
        try await client.shutDown()
        try? FileManager.default.removeItem(atPath: folder.serverNote)
    }

    /// A server that other machines can reach must know who calls, by a key that cannot be guessed.
    private func requireKey(_ keyring: Keyring, _ credentials: Credentials) throws {
        if let key = settings.apiKey { try SettingsKey.check(key) }
        guard !OriginRule.isLoopback(settings.host) else { return }
        if credentials.tls == nil {
            logger.warning(
                "Keys cross the network as plain text: no TLS certificate is set, so a proxy must end TLS before them")
        }
        guard settings.apiKey == nil, credentials.tokens == nil, !keyring.hasUsableKey else { return }
        throw HearthError(
            .invalidConfiguration, "The address \(settings.host) can be reached by others, and there is no API key.",
            hint:
                "Make one by `hearth keys create`, set HEARTH_API_KEY or HEARTH_JWT_KEYS, or listen on 127.0.0.1.")
    }

    /// What a killed server and its workers have left; the lock says that none of them is in use.
    private func removeSockets(of folder: DataFolder) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.run)) ?? []
        where name.hasSuffix(".sock") || name.hasSuffix(".wake") {
            unlink("\(folder.run)/\(name)")
        }
    }

    /// Programs and folders of jobs that ran in workers of a killed server.
    private func removeJobs(of folder: DataFolder) {
        let prefix = WorkerNames.prefix(of: folder)
        OrphanPrograms.end { $0.hasPrefix(prefix) }
        try? FileManager.default.removeItem(atPath: folder.jobs)
    }

    private func serve(
        _ parts: Parts, _ credentials: Credentials, onListening: @escaping @Sendable (Int) -> Void
    ) async throws {
        let settings = settings
        let door = try parts.door(settings, credentials, logger: quietLogger) { port in
            Self.note(settings.url(at: port), in: settings.folder)
            onListening(port)
        }
        var services: [any Service] = [
            parts.keyring, parts.quotas, parts.cache, parts.scans, parts.hub, parts.maintenance, parts.sweeper,
            parts.deletions, parts.collectionUpkeep, parts.health,
        ]
        services += credentials.services + parts.workers.services(logger: quietLogger)
        defer { unlink(settings.folder.socket(of: DataFolder.frontName)) }
        services.append(door)
        var configuration = ServiceGroupConfiguration(
            services: services.map { .byType($0) }, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: quietLogger)
        // The doors drain within their limit, then the workers of each role within theirs.
        configuration.maximumGracefulShutdownDuration =
            Limits.drain * (1 + max(1, parts.workers.supervisors.count)) + .seconds(5)
        try await ServiceGroup(configuration: configuration).run()
    }

    /// Tells the commands of this machine where the server is.
    private static func note(_ url: String, in folder: DataFolder) {
        let note: JSONValue = ["pid": .int(Int64(getpid())), "url": .string(url)]
        try? note.encoded().write(to: URL(fileURLWithPath: folder.serverNote), options: .atomic)
    }

    /// The frameworks' own chatter, at a level that leaves out "server started".
    private var quietLogger: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}

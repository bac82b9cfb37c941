import Foundation
import HearthAssembly
import HearthCollections
import HearthCore
import HearthDoors
import HearthJobs
import HearthLocalFiles
import HearthSupervisor
import HearthVectorStore
import HearthWorkerLink
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

/// Builds and runs the front: the one place that knows all of its parts.
struct Assembly {
    let settings: Settings
    let metrics: MetricsRegistry
    let logger: Logger

    /// Runs a server until SIGTERM or SIGINT.
    ///
    /// What is refused is refused before anything is made.
    /// - Parameters:
    ///   - onListening: called once with the port when it is open.
    ///   - onReady: called once when every call can be answered.
    func run(
        onListening: @escaping @Sendable (Int) -> Void, onReady: @escaping @Sendable () -> Void = {}
    ) async throws {
        for doubt in try await Setup(starting: settings).requireGood() { logger.warning("\(doubt)") }
        let folder = settings.folder
        let credentials = try await Credentials(settings, logger: logger)
        for warning in try folder.make() { logger.warning("\(warning)") }
        let lock = try DataFolderLock(folder)
        defer { withExtendedLifetime(lock) {} }
        try await endEarlierWorkers(lock)
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
        let seals = SealKeys(store: store, files: try settings.masterKeyFiles(), clock: clock)
        await recover(seals)
        let keyring = Keyring(store: store, clock: clock, logger: logger)
        try await keyring.refresh()
        let quotas = TenantQuotas(store: store, counters: Schema.usage, logger: logger)
        try await quotas.refresh()
        let queue = JobQueue(
            store: store, table: JobTable(subjects: Schema.jobSubjects), clock: clock, signal: board, quotas: quotas)
        // The database lies in the folder: the process that held a lease is gone, whatever its name and the clock say.
        try await queue.releaseAllWorkers()
        let client = WorkerClient()
        let parts = try Parts(
            settings: settings, server: lock.server, store: store, queue: queue, keyring: keyring, quotas: quotas,
            seals: seals, board: board, client: client, metrics: metrics, blobs: blobs, writer: store,
            storage: StorageWatch(reserve, threads: threads), threads: threads, logger: logger)
        try await parts.sweeper.removeUnnamed(journal.restored)
        do {
            try await serve(parts, credentials, onListening: onListening, onReady: onReady)
        } catch {
            try? await client.shutDown()
            throw error
        }
        try await client.shutDown()
        try? FileManager.default.removeItem(atPath: folder.serverNote)
    }

    /// Proves that no other process writes to the folder: the lock keeps other servers away, and the workers of an
    /// earlier one that was killed are ended.
    private func endEarlierWorkers(_ lock: DataFolderLock) async throws {
        let count = try await lock.endEarlierWriters()
        guard count > 0 else { return }
        logger.warning("Workers of an earlier server still ran and were ended", metadata: ["count": "\(count)"])
    }

    /// Sealed data can be read also when this fails; health says what is wrong with their keys.
    private func recover(_ seals: SealKeys) async {
        do {
            try await seals.recover()
        } catch {
            logger.warning("What a rotation or a deletion of keys has left stays", metadata: ["error": "\(error)"])
        }
    }

    /// What a killed server and its workers have left; none of them runs any more.
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
        _ parts: Parts, _ credentials: Credentials, onListening: @escaping @Sendable (Int) -> Void,
        onReady: @escaping @Sendable () -> Void
    ) async throws {
        let settings = settings
        let door = try parts.door(settings, credentials, logger: quietLogger) { port in
            ServerNote(settings, port: port).write(in: settings.folder)
            onListening(port)
        }
        var services: [any Service] = [
            parts.keyring, parts.quotas, parts.cache, parts.scans, parts.hub, parts.maintenance, parts.sweeper,
            parts.deletions, parts.collectionUpkeep, parts.health, parts.uploads,
        ]
        services += credentials.services + parts.workers.services(logger: quietLogger)
        defer { unlink(settings.folder.socket(of: DataFolder.frontName)) }
        services.append(door)
        var configuration = ServiceGroupConfiguration(
            services: services.map { .byType($0) }
                + [.byType(ReadyNotice(isReady: parts.isReady, say: onReady), onSuccess: .ignore)],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: quietLogger)
        configuration.maximumGracefulShutdownDuration = Limits.serverDrain
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as IOError where [EADDRINUSE, EADDRNOTAVAIL, EACCES].contains(error.errnoCode) {
            // The address was free when it was looked at.
            let refusal = ListenAddress.refusal(error.errnoCode, host: settings.host, port: settings.port)
            throw await ListenAddress.explained(
                refusal, host: settings.host, port: settings.port, url: settings.url)
        }
    }

    /// The frameworks' own chatter, at a level that leaves out "server started".
    private var quietLogger: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}

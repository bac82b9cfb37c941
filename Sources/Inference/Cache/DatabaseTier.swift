package import HearthCore
package import Logging
import ServiceLifecycle

/// The tier in the database: survives restarts, and is written behind the replies.
///
/// Reads use the readers of the store. Writes wait in a bounded queue and go out in small batches with pauses, so that
/// those who share the writer hardly notice; what finds the queue full is not kept. When the database fails, a breaker
/// for each direction leaves it alone for a while.
package final class DatabaseTier: CacheTier {
    /// What bounds it; see ``Limits``.
    package struct Configuration: Sendable {
        package var byteBudget = Limits.cacheDatabaseBytes
        package var lifetime = Limits.cacheDatabaseLifetime
        package var writeQueue = Limits.cacheWriteQueue
        package var writeBatch = Limits.cacheWriteBatch
        package var writePause = Limits.cacheWritePause
        package var touchInterval = Limits.cacheTouch

        package init() {}
    }

    private struct Pending {
        var entries: [CacheEntry] = []
        /// Entries whose time of use is to be noted.
        var touches: Set<CacheKey> = []

        var isEmpty: Bool { entries.isEmpty && touches.isEmpty }
    }

    package let name = "database"
    let store: any Store
    let table = EmbeddingCacheTable()
    let configuration: Configuration
    let clock: any WallClock
    let metrics: CacheTierMetrics
    private let logger: Logger
    let models: @Sendable () async -> [ModelStatus]
    private let pending = Locked(Pending())
    private let reads = Locked(CircuitBreaker())
    let writes = Locked(CircuitBreaker())
    /// As last counted, and what was written since.
    let size = Locked(EmbeddingCacheTable.Size())
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// - Parameter models: The models that there are; empty when they are not known.
    package init(
        store: any Store, configuration: Configuration = Configuration(), clock: any WallClock,
        metrics: MetricsRegistry, logger: Logger, models: @escaping @Sendable () async -> [ModelStatus] = { [] }
    ) {
        self.store = store
        self.configuration = configuration
        self.clock = clock
        self.metrics = CacheTierMetrics(metrics, tier: name)
        self.logger = logger
        self.models = models
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    package var state: CacheTierState {
        let (entries, bytes) = size.withLock { ($0.entries, $0.bytes) }
        var state = CacheTierState(entries: entries, bytes: bytes, byteBudget: configuration.byteBudget)
        state.isAvailable = reads.withLock { $0.isClosed } && writes.withLock { $0.isClosed }
        return state
    }

    // MARK: Reading

    /// The embeddings that the database has, in the order of the keys; none when it cannot be read.
    package func find(_ keys: [CacheKey]) async -> [CachedEmbedding?] {
        let (now, table) = (clock.now(), table)
        let found = await attempt(reads, "read", at: now) {
            // All of them in one snapshot, by one statement that stays prepared.
            try await self.store.read { db in try keys.map { try table.find($0, in: db) } }
        }
        guard let found else { return keys.map { _ in nil } }
        return zip(keys, found).map { key, found in
            guard let found, found.usedAt + configuration.lifetime.milliseconds > now else { return nil }
            if found.usedAt + configuration.touchInterval.milliseconds <= now { touch(key) }
            return found.embedding
        }
    }

    private func touch(_ key: CacheKey) {
        let isTaken = pending.withLock { pending in
            pending.touches.count < configuration.writeQueue && pending.touches.insert(key).inserted
        }
        if isTaken { wake.yield() }
    }

    // MARK: Writing

    /// Takes entries to be written soon; returns at once, and drops them when too many wait.
    package func store(_ entries: [CacheEntry]) {
        // One that alone exceeds the budget would only push the others out.
        let fitting = entries.filter { EmbeddingCacheTable.bytes(of: $0.embedding) <= configuration.byteBudget }
        let dropped = pending.withLock { pending in
            let taken = fitting.prefix(max(0, configuration.writeQueue - pending.entries.count))
            pending.entries.append(contentsOf: taken)
            return entries.count - taken.count
        }
        metrics.droppedWrites.increment(by: dropped)
        if dropped < entries.count { wake.yield() }
    }

    /// Writes and prunes until the server stops, then writes what still waits.
    package func run() async {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.writeInPaces() }
                group.addTask {
                    repeat { await self.prune() } while (try? await Task.sleep(for: Limits.cacheUpkeep)) != nil
                }
            }
        }
        await flush()
    }

    /// One batch at a time, with a pause before each in which it fills up.
    private func writeInPaces() async {
        for await _ in wakes {
            while pending.withLock({ !$0.isEmpty }) {
                guard (try? await Task.sleep(for: configuration.writePause)) != nil else { return }
                await writeBatch()
            }
        }
    }

    /// Writes what waits, or as much as the database takes.
    package func flush() async {
        while pending.withLock({ !$0.isEmpty }) {
            guard await writeBatch() else { return }
        }
    }

    /// - Returns: whether the database took it; when it did not, the batch is lost.
    @discardableResult
    private func writeBatch() async -> Bool {
        let (now, table, limit) = (clock.now(), table, configuration.writeBatch)
        let written = await attempt(writes, "write", at: now) {
            let (entries, touches) = self.nextBatch(limit)
            do {
                try await self.store.write { db in
                    for entry in entries { try table.upsert(entry, in: db, now: now) }
                    for key in touches { try table.touch(key, in: db, now: now) }
                }
            } catch {
                self.metrics.droppedWrites.increment(by: entries.count)
                throw error
            }
            return entries
        }
        guard let written else { return false }
        let bytes = written.reduce(0) { $0 + EmbeddingCacheTable.bytes(of: $1.embedding) }
        size.withLock {
            $0.entries += written.count
            $0.bytes += bytes
        }
        return true
    }

    private func nextBatch(_ limit: Int) -> (entries: [CacheEntry], touches: [CacheKey]) {
        pending.withLock { pending in
            let entries = Array(pending.entries.prefix(limit))
            pending.entries.removeFirst(entries.count)
            let touches = Array(pending.touches.prefix(limit - entries.count))
            pending.touches.subtract(touches)
            return (entries, touches)
        }
    }

    // MARK: Failing

    /// Calls the database unless it has failed too often lately.
    /// - Returns: nil when it was not called, or failed.
    @discardableResult
    private func attempt<T: Sendable>(
        _ breaker: Locked<CircuitBreaker>, _ what: String, at now: Int64, _ body: () async throws -> T
    ) async -> T? {
        guard breaker.withLock({ $0.admits(at: now) }) else { return nil }
        do {
            let value = try await body()
            breaker.withLock { $0.succeeded() }
            return value
        } catch is CancellationError {
            return nil
        } catch {
            let opens = breaker.withLock { breaker in
                let wasClosed = breaker.isClosed
                breaker.failed(at: now)
                return wasClosed && !breaker.isClosed
            }
            if opens {
                logger.warning(
                    "The database does not serve the cache; memory goes on",
                    metadata: ["call": "\(what)", "error": "\(error)"])
            }
            return nil
        }
    }
}

extension DatabaseTier {
    /// Removes what is too old, too much, or of a model that is gone, in small steps with pauses; counts what is left.
    ///
    /// It begins with a write in any case, so that a breaker which is open finds out when the database is well again.
    package func prune() async {
        let now = clock.now()
        await attempt(writes, "prune", at: now) {
            try await removeUnused(since: now - configuration.lifetime.milliseconds)
            try await removeStrangers()
            try await removeExcess()
        }
    }

    private func removeUnused(since time: Int64) async throws {
        let (table, limit) = (table, configuration.writeBatch)
        while try await remove({ db in try table.removeOldest(before: time, limit: limit, in: db) }).entries == limit {}
    }

    /// Removes entries whose digest no model has: it is part of the keys, so that they are never asked for again.
    private func removeStrangers() async throws {
        let models = await models().filter { $0.state != .skipped && !$0.kind.modalities.isEmpty }
        // As long as one model has not said what it is, no entry can be called a stranger's.
        guard !models.isEmpty, models.allSatisfy({ $0.digest != nil }) else { return }
        let digests = Set(models.compactMap(\.digest))
        let (table, limit) = (table, configuration.writeBatch)
        let known = try await store.read { db in try table.digests(in: db) }
        for digest in known where !digests.contains(digest) {
            while try await remove({ db in try table.remove(digest: digest, limit: limit, in: db) }).entries == limit {}
        }
    }

    private func removeExcess() async throws {
        let (table, limit) = (table, configuration.writeBatch)
        var left = try await store.read { db in try table.size(in: db) }
        while left.bytes > configuration.byteBudget {
            let removed = try await remove { db in try table.removeOldest(limit: limit, in: db) }
            guard removed.entries > 0 else { break }
            left = left - removed
        }
        size.withLock { [left] in $0 = left }
    }

    /// One step; the writer is left to others before it.
    private func remove(_ step: @escaping @Sendable (any SQLConnection) throws -> EmbeddingCacheTable.Size) async throws
        -> EmbeddingCacheTable.Size
    {
        try await Task.sleep(for: configuration.writePause)
        let removed = try await store.remove(step)
        metrics.evictions.increment(by: removed.entries)
        return removed
    }
}

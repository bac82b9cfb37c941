package import HearthCore

/// The tier in this process: a few hundred nanoseconds for a hit, bounded by bytes and by age.
package final class MemoryTier: CacheTier {
    package let name = "memory"
    private let table: Locked<LRUTable<CachedEmbedding>>
    private let lifetime: Int64
    private let clock: any WallClock
    private let metrics: CacheTierMetrics
    private let byteBudget: Int

    /// - Parameters:
    ///   - byteBudget: Bytes of all entries, the tier's own overhead included.
    ///   - lifetime: How long an entry is given after it was stored.
    package init(
        byteBudget: Int = Limits.cacheMemoryBytes, lifetime: Duration = Limits.cacheMemoryLifetime,
        clock: any WallClock, metrics: MetricsRegistry
    ) {
        table = Locked(LRUTable(byteBudget: byteBudget))
        self.byteBudget = byteBudget
        self.lifetime = lifetime.milliseconds
        self.clock = clock
        self.metrics = CacheTierMetrics(metrics, tier: name)
    }

    /// What it knows under a key; marks it as used.
    package func find(_ key: CacheKey) -> CachedEmbedding? {
        let now = clock.now()
        return table.withLock { $0.value(of: key, now: now) }
    }

    /// The embeddings that are remembered, in the order of the keys.
    package func find(_ keys: [CacheKey]) async -> [CachedEmbedding?] { keys.map { find($0) } }

    /// Remembers entries; the ones that were used longest ago leave when there are too many bytes.
    package func store(_ entries: [CacheEntry]) {
        let expires = clock.now() + lifetime
        for entry in entries {
            let evicted = table.withLock {
                $0.insert(
                    entry.embedding, for: entry.key, bytes: entry.embedding.byteCount, expires: expires)
            }
            metrics.evictions.increment(by: evicted)
        }
    }

    package var state: CacheTierState {
        let (entries, bytes) = table.withLock { ($0.count, $0.bytes) }
        return CacheTierState(entries: entries, bytes: bytes, byteBudget: byteBudget)
    }
}

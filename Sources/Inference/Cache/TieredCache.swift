package import HearthCore
package import HearthJSON
import ServiceLifecycle

/// The embedding cache: memory first, then what is slower and remembers longer.
///
/// What a lower tier knows is given to those above it, and what is stored goes to all of them. As a service it runs the
/// upkeep of all tiers: one more tier is one more value in `lower`.
package final class TieredCache: Service {
    private let memory: MemoryTier
    private let lower: [any CacheTier]
    private let metrics: [CacheTierMetrics]

    /// - Parameter lower: From the fastest to the slowest: asked in this order.
    package init(memory: MemoryTier, lower: [any CacheTier], metrics: MetricsRegistry) {
        self.memory = memory
        self.lower = lower
        let tiers = [memory] + lower
        self.metrics = tiers.map { CacheTierMetrics(metrics, tier: $0.name) }
        metrics.gauges("hearth_cache_entries", help: "Embeddings in a tier of the cache.") {
            tiers.map { MetricSample(labels: ["tier": $0.name], value: Double($0.state.entries)) }
        }
        metrics.gauges("hearth_cache_bytes", help: "Bytes of a tier of the cache.") {
            tiers.map { MetricSample(labels: ["tier": $0.name], value: Double($0.state.bytes)) }
        }
    }

    /// Runs the upkeep of every tier until the server stops.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for tier in lower { group.addTask { await tier.run() } }
        }
        // A service that ends early would end the server.
        try? await gracefulShutdown()
    }

    /// What memory knows, at once.
    package func recall(_ key: CacheKey) -> CachedEmbedding? {
        let found = memory.find(key)
        if found == nil { metrics[0].misses.increment() } else { metrics[0].hits.increment() }
        return found
    }

    /// What any tier knows, in the order of the keys; nil for each miss.
    ///
    /// Memory has been asked by ``recall(_:)`` and counted there; it is asked again because another call may have
    /// stored the answer in the meantime.
    package func find(_ keys: [CacheKey]) async -> [CachedEmbedding?] {
        var found = keys.map { memory.find($0) }
        for (level, tier) in lower.enumerated() {
            let missing = found.indices.filter { found[$0] == nil }
            guard !missing.isEmpty else { break }
            var entries: [CacheEntry] = []
            for (index, embedding) in zip(missing, await tier.find(missing.map { keys[$0] })) {
                guard let embedding else { continue }
                found[index] = embedding
                entries.append(CacheEntry(key: keys[index], embedding: embedding))
            }
            metrics[level + 1].hits.increment(by: entries.count)
            metrics[level + 1].misses.increment(by: missing.count - entries.count)
            guard !entries.isEmpty else { continue }
            memory.store(entries)
            for above in lower[..<level] { above.store(entries) }
        }
        return found
    }

    /// Gives entries to every tier; memory has them when this returns.
    package func store(_ entries: [CacheEntry]) {
        guard !entries.isEmpty else { return }
        memory.store(entries)
        for tier in lower { tier.store(entries) }
    }

    /// Whether every tier works.
    package var isWhole: Bool { lower.allSatisfy(\.state.isAvailable) }

    /// How full each tier is and how often it helped, by its name.
    package func statistics() -> [String: CacheTierStatistics] {
        var statistics: [String: CacheTierStatistics] = [:]
        for (tier, metrics) in zip([memory] + lower, metrics) {
            let (state, hits, misses) = (tier.state, metrics.hits.value, metrics.misses.value)
            statistics[tier.name] = CacheTierStatistics(
                isAvailable: state.isAvailable, entries: state.entries, bytes: state.bytes,
                byteBudget: state.byteBudget, hits: hits, misses: misses,
                hitRate: hits + misses == 0 ? nil : Double(hits) / Double(hits + misses),
                evictions: metrics.evictions.value, droppedWrites: metrics.droppedWrites.value)
        }
        return statistics
    }
}

/// How full a tier of the cache is, and how often it helped since the start.
package struct CacheTierStatistics: Sendable, Codable, Equatable, SchemaDescribed {
    package var isAvailable: Bool
    package var entries: Int
    package var bytes: Int
    package var byteBudget: Int
    package var hits: Int
    package var misses: Int
    /// Nil before the first call.
    package var hitRate: Double?
    package var evictions: Int
    /// Embeddings that were not kept because too many waited to be written.
    package var droppedWrites: Int

    private enum CodingKeys: String, CodingKey {
        case isAvailable = "available"
        case entries, bytes, byteBudget, hits, misses, hitRate, evictions, droppedWrites
    }

    package static let fields = [
        "available": FieldNote("Whether it works now."),
        "hit_rate": FieldNote("Hits of all calls, 0 to 1; absent before the first call."),
        "dropped_writes": FieldNote("Embeddings that were not kept because too many waited to be written."),
    ]
}

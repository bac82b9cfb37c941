package import HearthCore

/// What a tier counts.
package struct CacheTierMetrics: Sendable {
    package let hits: MetricCounter
    package let misses: MetricCounter
    /// Entries that left for others or because of their age.
    package let evictions: MetricCounter
    /// Entries that were to be kept and were not: the queue was full, or the tier failed.
    package let droppedWrites: MetricCounter

    /// The same name gives the same counters.
    package init(_ registry: MetricsRegistry, tier: String) {
        func counter(_ name: String, _ help: String) -> MetricCounter {
            registry.counter("hearth_cache_\(name)_total", help: help, labels: ["tier": tier])
        }
        hits = counter("hits", "Embeddings that a tier of the cache knew.")
        misses = counter("misses", "Embeddings that a tier of the cache was asked for and did not know.")
        evictions = counter("evictions", "Embeddings that left a tier of the cache for others or for their age.")
        droppedWrites = counter("dropped_writes", "Embeddings that a tier of the cache could not keep.")
    }
}

package import HearthCore

/// One place that remembers vectors. A tier may lose what it was given, but never gives what it was not.
///
/// Nothing is thrown: a tier that fails misses, says so by ``CacheTierState/isAvailable``, and comes back by itself.
package protocol CacheTier: Sendable {
    /// Names it in metrics: `memory`, `database`.
    var name: String { get }

    /// What it knows, in the order of the keys; nil for each miss.
    func find(_ keys: [CacheKey]) async -> [CachedEmbedding?]

    /// Takes entries in; returns at once, whether or not they will be kept. A key that is there already is replaced.
    func store(_ entries: [CacheEntry])

    /// How full it is, and whether it works.
    var state: CacheTierState { get }

    /// Does its upkeep, such as writing behind the replies and pruning, until the server stops gracefully; a tier
    /// without any returns at once. Called once, by ``TieredCache``.
    func run() async
}

extension CacheTier {
    /// Returns at once: most tiers have nothing to do by themselves.
    package func run() async {}
}

/// A vector and its key.
package struct CacheEntry: Sendable, Equatable {
    /// What the vector is of, and by what.
    package let key: CacheKey
    /// The vector.
    package let embedding: CachedEmbedding

    package init(key: CacheKey, embedding: CachedEmbedding) {
        self.key = key
        self.embedding = embedding
    }
}

/// How a tier is.
package struct CacheTierState: Sendable, Equatable {
    /// Embeddings that it holds.
    package var entries: Int
    /// Bytes of its entries, its own overhead included.
    package var bytes: Int
    /// Bytes that it may hold.
    package var byteBudget: Int
    /// Whether it works; when it does not, the other tiers go on.
    package var isAvailable = true

    package init(entries: Int, bytes: Int, byteBudget: Int) {
        self.entries = entries
        self.bytes = bytes
        self.byteBudget = byteBudget
    }
}

/// What a tier counts.
package struct CacheTierMetrics: Sendable {
    /// Keys that it knew.
    package let hits: MetricCounter
    /// Keys that it did not know.
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

/// A vector as the cache keeps it: whole and normalised, so that one entry serves every wish of its callers.
package struct CachedEmbedding: Sendable, Equatable {
    /// Shape `[dims]`, float32.
    package let vector: [Float]
    /// Length of the vector before it was normalised.
    package let norm: Float
    /// Tokens that the model read.
    package let tokens: Int
    /// What made the vector.
    package let model: ModelIdentity

    package init(vector: [Float], norm: Float, tokens: Int, model: ModelIdentity) {
        self.vector = vector
        self.norm = norm
        self.tokens = tokens
        self.model = model
    }

    package init(_ result: EmbeddingResult) {
        self.init(vector: result.vector, norm: result.norm, tokens: result.tokens, model: result.model)
    }

    /// Bytes that it holds: the vector, the texts of the model's identity, and what the allocator adds to each.
    package var byteCount: Int {
        let blocks = 4 * 48
        return vector.count * 4 + model.id.utf8.count + model.digest.utf8.count + model.precision.utf8.count + blocks
    }

    /// The answer to a caller who asked a model of this identity; nil when another one made the vector.
    ///
    /// The key has decided that already; a row that was changed by other hands must not come out as a wrong vector.
    package func result(for asked: ModelIdentity) -> EmbeddingResult? {
        guard model.digest == asked.digest, model.precision == asked.precision, model.dims == asked.dims,
            vector.count == asked.dims
        else { return nil }
        var result = EmbeddingResult(
            vector: vector, norm: norm, tokens: tokens, model: asked, timings: .none)
        result.isCached = true
        return result
    }
}

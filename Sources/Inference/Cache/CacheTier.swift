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
    package func run() async {}
}

/// A vector and its key.
package struct CacheEntry: Sendable, Equatable {
    package let key: CacheKey
    package let embedding: CachedEmbedding

    package init(key: CacheKey, embedding: CachedEmbedding) {
        self.key = key
        self.embedding = embedding
    }
}

/// How a tier is.
package struct CacheTierState: Sendable, Equatable {
    package var entries: Int
    /// Bytes of its entries, its own overhead included.
    package var bytes: Int
    package var byteBudget: Int
    /// Whether it works; when it does not, the other tiers go on.
    package var isAvailable = true

    package init(entries: Int, bytes: Int, byteBudget: Int) {
        self.entries = entries
        self.bytes = bytes
        self.byteBudget = byteBudget
    }
}

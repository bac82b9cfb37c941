import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import ServiceLifecycleTestKit
import Testing

/// A tier that lies between memory and another one, as a shared cache would.
private final class SharedTier: CacheTier {
    let name: String
    let kept = Locked<[CacheKey: CachedEmbedding]>([:])
    let asked = Locked<[[CacheKey]]>([])
    let runs = Locked((begun: 0, ended: 0))
    let isAvailable = Locked(true)

    init(_ name: String) { self.name = name }

    func find(_ keys: [CacheKey]) async -> [CachedEmbedding?] {
        asked.withLock { $0.append(keys) }
        return kept.withLock { kept in keys.map { kept[$0] } }
    }

    func store(_ entries: [CacheEntry]) {
        kept.withLock { kept in for entry in entries { kept[entry.key] = entry.embedding } }
    }

    var state: CacheTierState {
        var state = CacheTierState(entries: kept.withLock { $0.count }, bytes: 0, byteBudget: .max)
        state.isAvailable = isAvailable.withLock { $0 }
        return state
    }

    func run() async {
        runs.withLock { $0.begun += 1 }
        try? await Task.sleep(for: .milliseconds(1))
        runs.withLock { $0.ended += 1 }
    }
}

@Suite(.timeLimit(.minutes(3))) struct TieredCacheTests {
    private let shared = SharedTier("shared")
    private let last = SharedTier("last")
    private let metrics = MetricsRegistry()

    private func cache() -> TieredCache {
        TieredCache(
            memory: MemoryTier(clock: ManualClock(), metrics: metrics), lower: [shared, last], metrics: metrics)
    }

    private func entry(_ number: Int) -> CacheEntry { CacheTierContract.entry(number) }

    @Test func whatTheLastTierKnowsIsGivenToAllAboveIt() async {
        last.store([entry(1), entry(2)])
        shared.store([entry(2)])
        let cache = cache()
        let found = await cache.find([entry(1), entry(2), entry(3)].map(\.key))
        #expect(found == [entry(1).embedding, entry(2).embedding, nil])
        #expect(shared.kept.withLock { Set($0.keys) } == [entry(1).key, entry(2).key])
        #expect(cache.recall(entry(1).key) != nil && cache.recall(entry(2).key) != nil)
        #expect(last.asked.withLock { $0 } == [[entry(1).key, entry(3).key]], "only what nobody above it knew")
    }

    @Test func whatIsStoredGoesToEveryTier() {
        let cache = cache()
        cache.store([entry(1)])
        #expect(cache.recall(entry(1).key) == entry(1).embedding)
        #expect([shared, last].allSatisfy { $0.kept.withLock { $0.count } == 1 })
    }

    @Test func oneTierThatFailsIsShownAndTheOthersGoOn() async {
        shared.isAvailable.withLock { $0 = false }
        let cache = cache()
        #expect(!cache.isWhole)
        cache.store([entry(1)])
        #expect(await cache.find([entry(1).key]) == [entry(1).embedding])
        #expect(cache.statistics()["shared"]?.isAvailable == false)
    }

    @Test func theUpkeepOfEveryTierRunsAndItsEndDoesNotEndTheServer() async throws {
        let cache = cache()
        let hasEnded = Locked(false)
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await cache.run()
                    hasEnded.withLock { $0 = true }
                }
                try await eventually("both tiers have ended") {
                    [shared, last].allSatisfy { $0.runs.withLock { $0 == (1, 1) } }
                }
                #expect(!hasEnded.withLock { $0 })
                trigger.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
        #expect(hasEnded.withLock { $0 })
    }
}

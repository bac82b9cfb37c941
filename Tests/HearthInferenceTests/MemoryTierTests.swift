import HearthTesting
import Testing

@testable import HearthCore
@testable import HearthInference

@Suite struct MemoryTierTests {
    @Test(arguments: CacheTierContract.promises)
    func keeps(promise: CacheTierContract.Promise) async throws {
        let clock = ManualClock()
        let tier = MemoryTier(
            byteBudget: 64 << 10, lifetime: .seconds(60), clock: clock, metrics: MetricsRegistry())
        try await promise.check(CacheTierContract.Subject(tier: tier, clock: clock, lifetime: .seconds(60)))
    }

    @Test func everyEntryIsCountedWithWhatItCostsBesideItsVector() {
        let tier = MemoryTier(byteBudget: 1 << 20, clock: ManualClock(), metrics: MetricsRegistry())
        tier.store((0..<10).map { CacheTierContract.entry($0) })
        let vectors = 10 * 16 * 4
        #expect(tier.state.bytes > vectors + 10 * LRUTable<CachedEmbedding>.overhead)
    }

    @Test func whatLeavesIsCounted() {
        let metrics = MetricsRegistry()
        let tier = MemoryTier(byteBudget: 16 << 10, clock: ManualClock(), metrics: metrics)
        tier.store((0..<100).map { CacheTierContract.entry($0) })
        let evicted = CacheTierMetrics(metrics, tier: "memory").evictions.value
        #expect(evicted > 0 && evicted + tier.state.entries == 100)
    }
}

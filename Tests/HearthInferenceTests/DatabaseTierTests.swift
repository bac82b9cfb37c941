import HearthSQLite
import HearthTesting
import ServiceLifecycle
import ServiceLifecycleTestKit
import Testing

@testable import HearthCore
@testable import HearthInference

@Suite(.timeLimit(.minutes(3))) struct DatabaseTierTests {
    private func entry(_ number: Int, model: String = "pictures") -> CacheEntry {
        CacheTierContract.entry(number, model: model)
    }

    @Test(arguments: CacheTierContract.promises)
    func keeps(promise: CacheTierContract.Promise) async throws {
        let bench = try await CacheBench {
            $0.byteBudget = 64 << 10
            $0.lifetime = .seconds(60)
            $0.writeBatch = 4
        }
        // No model is known: what the contract stores is nobody's to remove.
        bench.models.withLock { $0 = [] }
        try await promise.check(
            CacheTierContract.Subject(tier: bench.database, clock: bench.clock, lifetime: .seconds(60)) {
                await bench.database.flush()
                await bench.database.prune()
            })
    }

    @Test func entriesOutliveTheProcess() async throws {
        let bench = try await CacheBench()
        bench.cache.store([entry(1)])
        await bench.database.flush()
        let cache = bench.restarted()
        #expect(cache.recall(entry(1).key) == nil)
        #expect(await cache.find([entry(1).key]) == [entry(1).embedding])
        #expect(cache.recall(entry(1).key) == entry(1).embedding, "what the database knew is in memory now")
    }

    @Test func whatFindsTheQueueFullIsLostAndCounted() async throws {
        let bench = try await CacheBench { $0.writeQueue = 10 }
        bench.database.store((0..<25).map { entry($0) })
        #expect(bench.metrics("database").droppedWrites.value == 15)
        await bench.database.flush()
        #expect(try await bench.rows() == 10)
    }

    @Test func theServiceWritesBehindAndFlushesAtTheEnd() async throws {
        let bench = try await CacheBench()
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await bench.cache.run() }
                bench.database.store([entry(1)])
                try await eventually("the entry is written") { try await bench.rows() == 1 }
                bench.database.store((2..<300).map { entry($0) })
                trigger.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
        #expect(try await bench.rows() == 299)
    }

    @Test func useIsNotedAtMostOnceAnHour() async throws {
        let bench = try await CacheBench()
        bench.database.store([entry(1)])
        await bench.database.flush()
        func usedAt() async throws -> Int64? {
            let key = entry(1).key
            return try await bench.store.read { db in try EmbeddingCacheTable().find(key, in: db)?.usedAt }
        }
        let stored = try await usedAt()
        bench.clock.advance(by: .seconds(3_599))
        _ = await bench.database.find([entry(1).key])
        await bench.database.flush()
        #expect(try await usedAt() == stored)
        bench.clock.advance(by: .seconds(1))
        _ = await bench.database.find([entry(1).key])
        await bench.database.flush()
        #expect(try await usedAt() == bench.clock.now())
    }

    @Test func whatIsUsedStaysWhenTheRestLeaves() async throws {
        let bench = try await CacheBench {
            $0.byteBudget = 10 * EmbeddingCacheTable.bytes(of: CacheTierContract.entry(0, model: "pictures").embedding)
            $0.writeBatch = 1
        }
        for number in 0..<10 {
            bench.database.store([entry(number)])
            await bench.database.flush()
            bench.clock.advance(by: .seconds(3_600))
        }
        _ = await bench.database.find([entry(0).key])
        bench.database.store((10..<15).map { entry($0) })
        await bench.database.flush()
        await bench.database.prune()
        let found = await bench.database.find((0..<15).map { entry($0).key }).map { $0 != nil }
        #expect(found == [true] + Array(repeating: false, count: 5) + Array(repeating: true, count: 9))
    }

    @Test func entriesOfARevisionThatIsGoneAreRemoved() async throws {
        let bench = try await CacheBench { $0.writeBatch = 2 }
        bench.database.store((0..<5).map { entry($0) } + (0..<5).map { entry($0, model: "older") })
        await bench.database.flush()
        bench.models.withLock { $0[1].digest = nil }
        await bench.database.prune()
        #expect(try await bench.rows() == 10, "as long as a model has not said what it is, nothing is removed")
        bench.models.withLock { $0[1].digest = "known" }
        await bench.database.prune()
        #expect(await bench.database.find((0..<5).map { entry($0).key }).allSatisfy { $0 != nil })
        #expect(try await bench.rows() == 5)
        #expect(bench.database.state.entries == 5)
    }

    @Test func aDatabaseThatCannotBeReadIsLeftAloneAndComesBack() async throws {
        let bench = try await CacheBench()
        bench.database.store([entry(1)])
        await bench.database.flush()
        bench.failsReads.withLock { $0 = true }
        for _ in 0..<Limits.breakerFailures { #expect(await bench.database.find([entry(1).key]) == [nil]) }
        #expect(!bench.cache.isWhole)
        bench.failsReads.withLock { $0 = false }
        #expect(await bench.database.find([entry(1).key]) == [nil], "it is not asked")
        bench.clock.advance(by: Limits.breakerPause)
        #expect(await bench.database.find([entry(1).key]) == [entry(1).embedding])
        #expect(bench.cache.isWhole)
    }

    @Test func aDatabaseThatCannotBeWrittenLosesEntriesAndNothingElse() async throws {
        let bench = try await CacheBench { $0.writeBatch = 1 }
        bench.failsWrites.withLock { $0 = true }
        bench.cache.store((0..<10).map { entry($0) })
        for _ in 0..<5 { await bench.database.flush() }
        #expect(!bench.cache.isWhole)
        #expect(bench.cache.recall(entry(9).key) == entry(9).embedding, "memory goes on")
        #expect(bench.metrics("database").droppedWrites.value == Limits.breakerFailures)
        bench.failsWrites.withLock { $0 = false }
        bench.clock.advance(by: Limits.breakerPause)
        await bench.database.prune()
        #expect(bench.cache.isWhole)
        await bench.database.flush()
        #expect(try await bench.rows() == 10 - Limits.breakerFailures)
    }

    /// Rows are derived data that other hands can reach: one that is damaged is a miss, never a wrong answer.
    @Test func aDamagedRowIsAMiss() async throws {
        let bench = try await CacheBench()
        let service = bench.service()
        let input = EmbeddingInput.text("hello", role: nil)
        _ = try await service.embed([input], .of())
        await bench.database.flush()
        try await bench.store.run("UPDATE embedding_cache SET vector = x'0000803F'")
        let again = try await bench.service(bench.restarted()).embed([input], .of())[0].get()
        #expect(!again.isCached && again.vector.count == 4)
    }
}

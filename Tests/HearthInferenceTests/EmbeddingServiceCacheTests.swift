import Foundation
import HearthJSON
import HearthTesting
import Testing

@testable import HearthCore
@testable import HearthInference

@Suite(.timeLimit(.minutes(3))) struct EmbeddingServiceCacheTests {
    private func picture(_ number: UInt8) -> EmbeddingInput { .image(Data(repeating: number, count: 64)) }
    private func text(_ text: String) -> EmbeddingInput { .text(text, role: nil) }

    @Test func theSameInputAgainAsksNobody() async throws {
        let bench = try await CacheBench()
        let service = bench.service()
        let first = try await service.embed([picture(1)], .of())[0].get()
        let second = try await service.embed([picture(1)], .of())[0].get()
        #expect(bench.asked.withLock { $0.count } == 1)
        #expect(!first.isCached && second.isCached)
        #expect(first.vector == second.vector && first.model == second.model && second.tokens == first.tokens)
    }

    @Test func picturesOfOneSizeGetTheirOwnVectors() async throws {
        let bench = try await CacheBench()
        let service = bench.service()
        var vectors: Set<[Float]> = []
        for _ in 0..<2 {
            for number in 0..<UInt8(50) {
                vectors.insert(try await service.embed([picture(number)], .of())[0].get().vector)
            }
        }
        #expect(vectors.count == 50 && bench.asked.withLock { $0.count } == 50)
    }

    @Test func tenantsShareNothing() async throws {
        let bench = try await CacheBench()
        let service = bench.service()
        _ = try await service.embed([picture(1)], .of("one"))
        #expect(try await !service.embed([picture(1)], .of("other"))[0].get().isCached)
    }

    @Test func anotherRevisionOrPrecisionSharesNothing() async throws {
        let bench = try await CacheBench()
        let service = bench.service()
        let first = try await service.embed([picture(1)], .of())[0].get()
        bench.models.withLock { $0[0].digest = "another revision" }
        let second = try await service.embed([picture(1)], .of())[0].get()
        #expect(!second.isCached && second.vector != first.vector)
        bench.models.withLock { $0[0].precision = "bf16" }
        #expect(try await !service.embed([picture(1)], .of())[0].get().isCached)
        bench.models.withLock { $0[0] = .ready("pictures", .imageEmbedding, dims: 8) }
        let back = try await service.embed([picture(1)], .of())[0].get()
        #expect(back.isCached && back.vector == first.vector)
    }

    /// One entry serves all: what callers want of a vector is done after the cache.
    @Test func wishesOfCallersDoNotChangeWhatIsKept() async throws {
        let bench = try await CacheBench()
        let service = bench.service()
        var short = EmbeddingService.Options.of()
        short.dimensions = 3
        let cut = try await service.embed([picture(1)], short)[0].get()
        let whole = try await service.embed([picture(1)], .of())[0].get()
        let again = try await service.embed([picture(1)], short)[0].get()
        #expect(cut.vector.count == 3 && whole.vector.count == 8 && whole.isCached)
        #expect(again.vector == cut.vector && again.isCached)
    }

    @Test func withoutTheCacheTheModelIsAskedEachTime() async throws {
        let bench = try await CacheBench()
        let service = bench.service()
        var options = EmbeddingService.Options.of()
        options.usesCache = false
        for _ in 0..<3 { #expect(try await !service.embed([picture(1)], options)[0].get().isCached) }
        #expect(bench.asked.withLock { $0.count } == 3)
        #expect(try await !service.embed([picture(1)], .of())[0].get().isCached, "nor was it kept")
    }

    /// While a worker starts, nobody knows what its model is: it is asked, and what it says about itself counts.
    @Test func whatAnUnknownModelAnswersIsKeptUnderItsOwnIdentity() async throws {
        let bench = try await CacheBench()
        let known = try #require(bench.models.withLock { $0.first })
        bench.models.withLock { $0[0].digest = nil }
        let service = bench.service { request in
            .of([1, 0, 0, 0, 0, 0, 0, 0], by: known)
        }
        #expect(try await !service.embed([picture(1)], .of())[0].get().isCached)
        #expect(try await !service.embed([picture(1)], .of())[0].get().isCached)
        bench.models.withLock { $0[0] = known }
        #expect(try await service.embed([picture(1)], .of())[0].get().isCached)
    }

    /// The worker was replaced between the look at its models and the call.
    @Test func anAnswerOfAnotherRevisionIsNotKeptUnderTheExpectedOne() async throws {
        let bench = try await CacheBench()
        var newer = try #require(bench.models.withLock { $0.first })
        newer.digest = "newer"
        let service = bench.service { [newer] _ in .of([1, 0, 0, 0, 0, 0, 0, 0], by: newer) }
        _ = try await service.embed([picture(1)], .of())
        #expect(try await !service.embed([picture(1)], .of())[0].get().isCached)
        bench.models.withLock { [newer] in $0[0] = newer }
        #expect(try await service.embed([picture(1)], .of())[0].get().isCached)
    }

    @Test func errorsAreNotKept() async throws {
        let bench = try await CacheBench()
        let fails = Locked(true)
        let service = bench.service { request in
            if fails.withLock({ $0 }) { throw HearthError(.invalidImage, "No picture.") }
            return try bench.answer(request)
        }
        let failed = try await service.embed([picture(1)], .of())[0]
        #expect(throws: HearthError.self) { try failed.get() }
        fails.withLock { $0 = false }
        #expect(try await service.embed([picture(1)], .of())[0].get().vector.count == 8)
    }

    @Test func knownInputsAnswerWhileTheWorkerIsAway() async throws {
        let bench = try await CacheBench()
        _ = try await bench.service().embed([picture(1)], .of())
        let service = bench.service { _ in throw HearthError(.modelNotReady, "No worker.") }
        var options = EmbeddingService.Options.of()
        options.keepAlive = .pinned
        #expect(try await service.embed([picture(1)], options)[0].get().isCached)
        #expect(try await service.embedAnchor(Picture(Data(repeating: 1, count: 64)), .of()).isCached)
        let error = await #expect(throws: HearthError.self) { try await service.embed([picture(2)], .of()) }
        #expect(error?.code == .modelNotReady)
    }

    @Test func aBatchAsksForItsMissesOnlyOnceEachAndInOrder() async throws {
        let bench = try await CacheBench()
        let service = bench.service()
        _ = try await service.embed([text("b")], .of())
        let inputs = ["a", "b", "c", "a", "b", "d", "c"].map(text)
        let results = try await service.embed(inputs, .of()).map { try $0.get() }
        #expect(bench.asked.withLock { $0 } == [[text("b")], ["a", "c", "d"].map(text)])
        for (input, result) in zip(inputs, results) {
            let own = try bench.answer(InferenceRequest(model: "texts", input: input, deadline: .now))
            #expect(result.vector == own.vector)
        }
        #expect(results.map(\.isCached) == [false, true, false, false, true, false, false])
    }

    @Test func oneInputThatFailsDoesNotFailTheBatch() async throws {
        let bench = try await CacheBench()
        let service = bench.service { request in
            if request.input == text("bad") { throw HearthError(.invalidRequest, "Too long.") }
            return try bench.answer(request)
        }
        let results = try await service.embed(["a", "bad", "c", "bad"].map(text), .of())
        #expect(results.map { (try? $0.get()) != nil } == [true, false, true, false])
        _ = try await service.embed(["a", "bad"].map(text), .of())
        #expect(bench.asked.withLock { $0.last } == [text("bad")])
    }

    @Test func manyAtOnceAskOnce() async throws {
        let bench = try await CacheBench()
        let gate = TestGate()
        let service = bench.service { request in
            try await gate.pass()
            return try bench.answer(request)
        }
        let vectors = try await withThrowingTaskGroup(of: [Float].self) { group in
            for _ in 0..<100 {
                group.addTask { try await service.embed([picture(1)], .of())[0].get().vector }
            }
            try await eventually("one leads and all others follow") { service.shared == (1, 99) }
            gate.open()
            return try await group.reduce(into: Set<[Float]>()) { $0.insert($1) }
        }
        #expect(vectors.count == 1 && bench.asked.withLock { $0.count } == 1)
    }

    @Test func aLeaderThatIsCancelledFailsNobodyElse() async throws {
        let bench = try await CacheBench()
        let calls = MetricCounter()
        let service = bench.service { request in
            calls.increment()
            // The first one never ends by itself.
            if calls.value == 1 { try await Task.sleep(for: .seconds(3_600)) }
            return try bench.answer(request)
        }
        let leader = Task { try await service.embed([picture(1)], .of()) }
        try await eventually("the leader asks") { calls.value == 1 }
        let followers = (0..<10).map { _ in Task { try await service.embed([picture(1)], .of())[0].get() } }
        try await eventually("all follow") { service.shared == (1, 10) }
        leader.cancel()
        await #expect(throws: (any Error).self) { try await leader.value }
        for follower in followers { #expect(try await follower.value.vector.count == 8) }
        #expect(calls.value == 2)
    }

    @Test func theTimeOfAFollowerIsItsOwn() async throws {
        let bench = try await CacheBench()
        let gate = TestGate()
        let service = bench.service { request in
            try await gate.pass()
            return try bench.answer(request)
        }
        let leader = Task { try await service.embed([picture(1)], .of())[0].get() }
        try await eventually("the leader asks") { gate.arrivals == 1 }
        let inTime = Task { try await service.embed([picture(1)], .of())[0].get() }
        try await eventually("one follows") { service.shared == (1, 1) }
        let late = try await service.embed([picture(1)], .of(within: .zero))[0]
        let error = #expect(throws: HearthError.self) { try late.get() }
        #expect(error?.code == .deadlineExceeded)
        #expect(service.shared == (1, 1), "it has left, and only it")
        gate.open()
        #expect(try await leader.value.vector.count == 8)
        #expect(try await inTime.value.vector.count == 8)
        #expect(bench.asked.withLock { $0 } == [[picture(1)]], "it has followed: the model was asked once")
    }

    @Test func theTimeOfTheLeaderIsNotItsFollowers() async throws {
        let bench = try await CacheBench()
        let calls = MetricCounter()
        let gate = TestGate()
        let service = bench.service { request in
            calls.increment()
            guard calls.value == 1 else { return try bench.answer(request) }
            try await gate.pass()
            throw HearthError(.deadlineExceeded, "Too late.")
        }
        let leader = Task { try await service.embed([picture(1)], .of())[0] }
        try await eventually("the leader asks") { calls.value == 1 }
        let follower = Task { try await service.embed([picture(1)], .of())[0].get() }
        try await eventually("one follows") { service.shared == (1, 1) }
        gate.open()
        let failed = try await leader.value
        #expect(throws: HearthError.self) { try failed.get() }
        #expect(try await follower.value.vector.count == 8)
        #expect(calls.value == 2, "the follower leads when the leader's time is over")
        #expect(service.shared == (0, 0))
    }

    /// Batches that lead for each other, in any order, with some cancelled: none waits for ever, none gets another's.
    @Test(arguments: RepeatableRandom.seeds(10)) func batchesThatOverlapAllEnd(seed: UInt64) async throws {
        let bench = try await CacheBench()
        let service = bench.service { request in
            for _ in 0..<3 { await Task.yield() }
            try Task.checkCancellation()
            return try bench.answer(request)
        }
        var random = RepeatableRandom(seed: seed)
        let batches = (0..<40).map { _ in
            (
                inputs: (0..<Int.random(in: 1..<6, using: &random)).map { _ in
                    text("\(Int.random(in: 0..<12, using: &random))")
                }, isCancelled: random.chance(25)
            )
        }
        await withTaskGroup(of: Void.self) { group in
            for batch in batches {
                group.addTask {
                    let task = Task { try await service.embed(batch.inputs, .of()) }
                    if batch.isCancelled { task.cancel() }
                    guard let results = try? await task.value else {
                        #expect(batch.isCancelled, "seed \(seed)")
                        return
                    }
                    for (input, result) in zip(batch.inputs, results) {
                        let own = try? bench.answer(InferenceRequest(model: "texts", input: input, deadline: .now))
                        #expect((try? result.get())?.vector == own?.vector, "seed \(seed)")
                    }
                }
            }
        }
    }

    @Test func hitRatesAreShown() async throws {
        let bench = try await CacheBench()
        let service = bench.service()
        for _ in 0..<4 { _ = try await service.embed([picture(1)], .of()) }
        await bench.database.flush()
        _ = try await bench.service(bench.restarted()).embed([picture(1)], .of())
        let statistics = bench.cache.statistics()
        #expect(statistics["memory"]?.hits == 3 && statistics["memory"]?.misses == 2)
        #expect(statistics["memory"]?.hitRate == 0.6)
        #expect(statistics["database"]?.hits == 1 && statistics["database"]?.misses == 1)
        #expect(statistics["database"]?.entries == 1)
        let text = bench.metrics.prometheusText()
        #expect(text.contains("hearth_cache_hits_total{tier=\"memory\"} 3"))
        #expect(text.contains("hearth_cache_entries{tier=\"database\"} 1"))
    }
}

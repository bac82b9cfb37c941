import HearthCore
import HearthTesting
import Testing

@Suite(.timeLimit(.minutes(3))) struct ConcurrentMapTests {
    @Test(arguments: RepeatableRandom.seeds(10))
    func resultsComeInTheOrderOfTheElements(seed: UInt64) async throws {
        var random = RepeatableRandom(seed: seed)
        let elements = (0..<200).map { (place: $0, yields: Int.random(in: 0..<20, using: &random)) }
        let results = try await concurrentMap(elements) { element in
            for _ in 0..<element.yields { await Task.yield() }
            return [element.place]
        }
        #expect(results == elements.map { [$0.place] }, "seed \(seed)")
        #expect(try await concurrentMap([Int]()) { $0 }.isEmpty)
    }

    @Test func allRunAtOnce() async throws {
        let count = Locked(0)
        let results = try await concurrentMap(1...5) { element in
            count.withLock { $0 += 1 }
            while count.withLock({ $0 }) < 5 { try? await Task.sleep(for: .milliseconds(1)) }
            return element
        }
        #expect(results == Array(1...5))
    }

    @Test func resultsThatAreNothingKeepTheirPlaces() async throws {
        let results = try await concurrentMap([1, 2, 3]) { $0 == 2 ? nil : $0 as Int? }
        #expect(results == [1, nil, 3])
    }

    @Test func theFirstErrorEndsTheOthers() async {
        let cancelled = Locked(0)
        let error = await #expect(throws: HearthError.self) {
            try await concurrentMap([0, 1, 2]) { element in
                if element == 1 { throw HearthError(.conflict, "One fails.") }
                do {
                    try await Task.sleep(for: .seconds(60))
                } catch {
                    cancelled.withLock { $0 += 1 }
                    throw error
                }
            }
        }
        #expect(error?.code == .conflict)
        #expect(cancelled.withLock { $0 } == 2)
    }

    @Test func whoIsCancelledCancelsAll() async {
        let started = Locked(0)
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                _ = try await concurrentMap([1, 2]) { _ in
                    started.withLock { $0 += 1 }
                    try await Task.sleep(for: .seconds(60))
                }
            }
            while started.withLock({ $0 }) < 2 { try? await Task.sleep(for: .milliseconds(1)) }
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.next() }
        }
    }
}

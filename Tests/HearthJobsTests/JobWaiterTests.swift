import HearthCore
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthJobs

/// Who waits for a job gets it as it has ended, or as it is when the time is over; so many wait at once, and no more.
@Suite(.timeLimit(.minutes(3))) struct JobWaiterTests {
    private let folder: TemporaryFolder
    private let bench: QueueBench
    private let hub: EventHub
    private let waiter: JobWaiter

    init() async throws {
        folder = try TemporaryFolder(.memory)
        bench = try await QueueBench(SQLiteStore(path: folder.file("jobs.db")))
        hub = EventHub(store: bench.store, table: bench.table, signal: bench.signal, logger: .quiet)
        waiter = JobWaiter(hub: hub, queue: bench.queue)
    }

    /// The wait of a caller whose operation has made a job; nil when the caller does not want to wait.
    private func wait(
        _ isWanted: Bool? = true, tenant: Tenant = .local, by deadline: ContinuousClock.Instant = .now + .seconds(600)
    ) throws -> OperationWait<String>? {
        let waiting: OperationWaiting<Bool?, String> = JobWaiter.waiting(by: waiter, if: { $0 }) { jobID, wait in
            guard let job = try await wait.end(of: jobID) else { return ("gone", isUnfinished: false) }
            return (job.status.rawValue, isUnfinished: !job.status.isFinal)
        }
        return try waiting(isWanted, Waiting(tenant: tenant, deadline: deadline))
    }

    /// The answer to a caller who waits.
    private func answer(
        _ jobID: String, by deadline: ContinuousClock.Instant = .now + .seconds(600)
    ) async throws -> (String, isUnfinished: Bool) {
        let wait = try #require(try wait(by: deadline))
        return try await wait(jobID)
    }

    private func withHub(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [hub] in try await hub.run() }
            try await body()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test(arguments: [nil, false]) func whoDoesNotAskDoesNotWait(isWanted: Bool?) throws {
        #expect(try wait(isWanted) == nil)
        #expect(waiter.count == 0)
    }

    @Test func theEndOfTheJobEndsTheWait() async throws {
        let jobID = try await bench.add()
        let lease = try await bench.lease()[0]
        try await withHub {
            async let waited = answer(jobID)
            #expect(try await bench.complete(lease))
            bench.signal.ring()
            let ended = try await waited
            #expect(ended.0 == "completed" && !ended.isUnfinished)
        }
    }

    @Test func aJobThatHasEndedOrIsGoneIsNotWaitedFor() async throws {
        let jobID = try await bench.add()
        _ = try await bench.fail(bench.lease()[0], .permanent)
        let failed = try await answer(jobID)
        #expect(failed.0 == "failed" && !failed.isUnfinished)
        #expect(try await answer("none").0 == "gone")
    }

    @Test func theJobAsItIsIsTheAnswerWhenTheTimeIsOver() async throws {
        let jobID = try await bench.add()
        let late = try await answer(jobID, by: .now)
        #expect(late.0 == "pending" && late.isUnfinished)
        _ = try await bench.lease()
        #expect(try await answer(jobID, by: .now).0 == "in_progress", "the work goes on")
    }

    @Test func aCallerThatLeavesEndsItsWait() async throws {
        let jobID = try await bench.add()
        let task = Task { try await answer(jobID) }
        while hub.listenerCount == 0 { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(hub.listenerCount == 0)
        while waiter.count > 0 { await Task.yield() }
        #expect(try await bench.job(jobID).status == .pending, "the job stays")
    }

    @Test func tooManyWaitersAreRefusedBeforeAnythingIsDone() throws {
        var waits = try (0..<Limits.tenantJobWaiters).map { _ in try wait() }
        let error = #expect(throws: HearthError.self) { try wait() }
        #expect(error?.code == .overloaded && error?.retryAfter != nil)
        waits.append(try wait(tenant: Tenant(rawValue: "other")))
        #expect(try wait(false) == nil, "who does not wait needs no place")
        waits.removeFirst()
        waits.append(try wait())
        waits += try (waits.count..<Limits.jobWaiters).map { number in
            try wait(tenant: Tenant(rawValue: "t\(number)"))
        }
        #expect(throws: HearthError.self) { try wait(tenant: Tenant(rawValue: "one more")) }
        #expect(waiter.count == Limits.jobWaiters)
        waits = []
        #expect(waiter.count == 0)
    }
}

import HearthCore
import HearthSQLite
import HearthTesting
import ServiceLifecycleTestKit

@testable import HearthJobs

/// A worker pool at work on a real database, until the test's body returns.
struct WorkerPoolBench: Sendable {
    let queue: QueueBench
    private let folder: TemporaryFolder

    init() async throws {
        folder = try TemporaryFolder(.memory)
        queue = try await QueueBench(SQLiteStore(path: folder.file("jobs.db")))
    }

    /// One handler a kind, each in the lane `embed`.
    func pool(
        _ handlers: [String: @Sendable (JobLease, JobProgress) async throws -> JobOutcome],
        plan: JobPlan = JobPlan(lane: .embed), isMet: @escaping @Sendable (JobNeed) -> Bool = { _ in true },
        needChanges: @escaping @Sendable () -> AsyncStream<Void> = { AsyncStream { $0.finish() } }
    ) -> WorkerPool {
        WorkerPool(
            .init(
                worker: "w", handlers: handlers.mapValues { JobHandler(plan: plan, run: $0) }, isMet: isMet,
                needChanges: needChanges),
            store: queue.store, table: queue.table, clock: queue.clock, signal: queue.signal, logger: .quiet)
    }

    /// Runs the pool beside the body and cancels it after.
    func run(_ pool: WorkerPool, _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pool.run() }
            try await body()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// Runs the pool beside the body, which is given a call that asks the pool to end gracefully; returns when it has.
    func runToItsEnd(
        _ pool: WorkerPool, _ body: @Sendable (_ shutDown: @Sendable () -> Void) async throws -> Void
    ) async throws {
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await pool.run() }
                try await body { trigger.triggerGracefulShutdown() }
                try await group.waitForAll()
            }
        }
    }

    /// Returns when the job is in a state; fails when that takes too long.
    @discardableResult
    func wait(for jobID: String, toBe status: JobState, attempt: Int? = nil) async throws -> Job {
        try await eventually("\(jobID) is \(status)") {
            let job = try await queue.job(jobID)
            return job.status == status && attempt.map { $0 == job.attempt } ?? true
        }
        return try await queue.job(jobID)
    }
}

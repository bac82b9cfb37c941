import Foundation
import HearthAssembly
import HearthCore
import HearthJSON
import HearthJobs
import HearthLocalFiles
import HearthSQLite
import HearthVectorStore

/// The job queue, in this process on a data folder: the same store, table and signals as the server's.
final class BenchQueue {
    let store: SQLiteStore
    let queue: JobQueue
    private let board: WakeBoard

    init(_ folder: DataFolder) async throws {
        try folder.make()
        store = try SQLiteStore(path: folder.database)
        let clock = SystemClock()
        try await Migrator(Schema.migrations).run(store, now: clock.now())
        board = try WakeBoard(folder: folder.run, name: "bench")
        queue = JobQueue(store: store, clock: clock, signal: board)
    }

    deinit { board.shutDown() }

    private static func nothing(runAt: Int64? = nil) throws -> JobRequest {
        try DiagnosticOperations.noOperation.request(.init(), tenant: .local, runAt: runAt)
    }

    /// Enqueues one job after the other from each of `callers`.
    /// - Parameter delay: none of them may run before.
    func enqueue(_ count: Int, callers: Int, delay: Duration) async throws -> BenchSamples {
        let request = try Self.nothing(runAt: SystemClock().now() + delay.milliseconds)
        let start = ContinuousClock.now
        let queue = queue
        let times = try await withThrowingTaskGroup(of: [Double].self) { group in
            for _ in 0..<callers {
                group.addTask {
                    var times: [Double] = []
                    for _ in 0..<count / callers {
                        let begin = ContinuousClock.now
                        try await queue.enqueue(request)
                        times.append((ContinuousClock.now - begin).fractionalMilliseconds)
                    }
                    return times
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        return BenchSamples(times, elapsed: (ContinuousClock.now - start).fractionalMilliseconds / 1_000)
    }

    /// Waits until no job is left to run; jobs per second from the first start to the last end.
    func completedRate(_ count: Int) async throws -> Double {
        let end = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < end {
            let left = try await store.read { db in
                try db.value("SELECT COUNT(*) FROM jobs WHERE state IN ('pending', 'in_progress')", as: Int.self)
            }
            if left == 0 { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        let row = try await store.read { db in
            try db.row(
                "SELECT COUNT(*), MIN(started_at), MAX(finished_at) FROM jobs WHERE state = 'completed'"
            ) { row in
                (count: try row.next(Int.self), start: try row.next(Int64?.self), end: try row.next(Int64?.self))
            }
        }
        guard let row, row.count >= count, let start = row.start, let last = row.end else {
            throw HearthError(.internalError, "The jobs did not end.")
        }
        return Double(count) * 1_000 / Double(max(1, last - start))
    }

    /// Enqueues lone jobs with pauses; from the acknowledgement, and from the call, until each ran.
    func pickups(_ count: Int) async throws -> (acknowledged: BenchSamples, called: BenchSamples) {
        var marks: [(id: String, called: Int64, acknowledged: Int64)] = []
        for _ in 0..<count {
            let called = MonotonicClock.nanoseconds()
            let id = try await queue.enqueue(Self.nothing()).jobID
            marks.append((id, called, MonotonicClock.nanoseconds()))
            try await Task.sleep(for: .milliseconds(15))
        }
        try await Task.sleep(for: .milliseconds(200))
        var (acknowledged, called): ([Double], [Double]) = ([], [])
        for mark in marks {
            let job = try await store.read { [table = queue.table] db in try table.job(mark.id, of: .local, in: db) }
            guard let ran = job.result?["ran_at_ns"]?.integerValue else { continue }
            acknowledged.append(max(0, Double(ran - mark.acknowledged) / 1e6))
            called.append(Double(ran - mark.called) / 1e6)
        }
        return (BenchSamples(acknowledged, failures: count - called.count), BenchSamples(called))
    }
}

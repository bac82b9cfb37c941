import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthJobs

/// What happens to the jobs of one worker, with handlers of the test's own.
@Suite(.timeLimit(.minutes(2))) struct WorkerPoolTests {
    private struct Oddity: Error {}

    @Test func aLeasedJobRunsAndItsRowsCommitWithIt() async throws {
        let bench = try await WorkerPoolBench()
        try await bench.queue.store.run("CREATE TABLE answers (job TEXT PRIMARY KEY, word TEXT NOT NULL)")
        let pool = bench.pool([
            "k": { lease, _ in
                let word = lease.input["word"]?.stringValue ?? ""
                return JobOutcome(result: ["length": .int(Int64(word.count))]) { db in
                    try db.execute("INSERT INTO answers (job, word) VALUES (\(lease.jobID), \(word))")
                }
            }
        ])
        try await bench.run(pool) {
            let before = try await bench.queue.add(QueueBench.request(input: ["word": "four"]))
            #expect(try await bench.wait(for: before, toBe: .completed).result == ["length": 4])
        }
        let rows = try await bench.queue.store.read { db in
            try db.values("SELECT word FROM answers", as: String.self)
        }
        #expect(rows == ["four"])
    }

    @Test func manyJobsOfSeveralLanesRunOnceEach() async throws {
        let bench = try await WorkerPoolBench()
        let lanes = [Lane.embed, .media, .upkeep, Lane("of-its-own", capacity: 2, role: .media)]
        let runs = Locked<[String: Int]>([:])
        let run: @Sendable (JobLease, JobProgress) async throws -> JobOutcome = { lease, _ in
            runs.withLock { $0[lease.jobID, default: 0] += 1 }
            await Task.yield()
            return JobOutcome()
        }
        let handlers = Dictionary(
            uniqueKeysWithValues: lanes.map { ($0.name, JobHandler(plan: JobPlan(lane: $0), run: run)) })
        let pool = WorkerPool(
            .init(worker: "w", handlers: handlers), store: bench.queue.store, table: bench.queue.table,
            clock: bench.queue.clock, signal: bench.queue.signal, logger: .quiet)
        let jobs = try await bench.queue.store.write { db in
            try (0..<300).map { number in
                let lane = lanes[number % lanes.count]
                return try bench.queue.queue.enqueue(QueueBench.request(lane.name, lane: lane), in: db).jobID
            }
        }
        try await bench.run(pool) {
            for jobID in jobs { try await bench.wait(for: jobID, toBe: .completed) }
        }
        #expect(runs.withLock { $0 } == Dictionary(uniqueKeysWithValues: jobs.map { ($0, 1) }))
    }

    @Test func aFailingHandlerIsTriedAgainAfterItsBackOff() async throws {
        let bench = try await WorkerPoolBench()
        let attempts = Locked<[Int]>([])
        let pool = bench.pool([
            "k": { lease, _ in
                attempts.withLock { $0.append(lease.attempt) }
                if lease.attempt == 1 { throw Oddity() }
                return JobOutcome()
            }, "other": { _, _ in JobOutcome() },
        ])
        try await bench.run(pool) {
            let jobID = try await bench.queue.add()
            let failed = try await bench.wait(for: jobID, toBe: .pending, attempt: 1)
            #expect(failed.errorCode == "internal_error")
            #expect(failed.errorMessage?.contains("Oddity") == false, "what a handler throws is not shown")
            #expect(failed.runAt == bench.queue.clock.now() + 500)
            bench.queue.clock.advance(by: .milliseconds(499))
            // Another job of the lane comes and goes: the first one would have been leased with it.
            try await bench.wait(for: bench.queue.add(QueueBench.request("other")), toBe: .completed)
            #expect(attempts.withLock { $0 } == [1])
            bench.queue.clock.advance(by: .milliseconds(1))
            try await bench.wait(for: jobID, toBe: .completed)
        }
        #expect(attempts.withLock { $0 } == [1, 2])
    }

    @Test func attemptsThatRunOutEndTheJob() async throws {
        let bench = try await WorkerPoolBench()
        let pool = bench.pool(["k": { _, _ in throw HearthError(.internalError, "It broke.") }])
        try await bench.run(pool) {
            let jobID = try await bench.queue.add(QueueBench.request(attempts: 2))
            try await bench.wait(for: jobID, toBe: .pending, attempt: 1)
            bench.queue.clock.advance(by: .seconds(1))
            let job = try await bench.wait(for: jobID, toBe: .failed)
            #expect(job.attempt == 2)
            #expect(job.errorMessage == "It broke.")
        }
    }

    @Test func anInputThatCanNeverWorkFailsAtOnce() async throws {
        let bench = try await WorkerPoolBench()
        let pool = bench.pool(["k": { _, _ in throw HearthError(.invalidImage, "No picture.") }])
        try await bench.run(pool) {
            let job = try await bench.wait(for: bench.queue.add(), toBe: .failed)
            #expect(job.attempt == 1)
            #expect(job.errorCode == "invalid_image")
        }
    }

    @Test func anEngineThatIsAwayCostsNoAttempt() async throws {
        let bench = try await WorkerPoolBench()
        let isAway = Locked(true)
        let pool = bench.pool([
            "k": { _, _ in
                if isAway.withLock({ $0 }) { throw HearthError(.modelNotReady, "It loads.") }
                return JobOutcome()
            }
        ])
        try await bench.run(pool) {
            let jobID = try await bench.queue.add(QueueBench.request(attempts: 1))
            for _ in 0..<3 {
                try await eventually("an attempt has failed and waits") {
                    try await bench.queue.job(jobID).runAt > bench.queue.clock.now()
                }
                let job = try await bench.queue.job(jobID)
                #expect(job.status == .pending)
                #expect(job.attempt == 0)
                #expect(job.errorCode == "model_not_ready")
                bench.queue.clock.advance(to: job.runAt)
            }
            isAway.withLock { $0 = false }
            bench.queue.clock.advance(by: .seconds(1))
            try await bench.wait(for: jobID, toBe: .completed, attempt: 1)
        }
    }

    @Test func anAttemptThatTakesTooLongIsCancelledAndCounts() async throws {
        let bench = try await WorkerPoolBench()
        let gate = TestGate()
        let pool = bench.pool(
            [
                "k": { _, _ in
                    try await gate.pass()
                    return JobOutcome()
                }
            ], plan: JobPlan(lane: .embed, timeout: .milliseconds(30)))
        try await bench.run(pool) {
            let jobID = try await bench.queue.add(QueueBench.request(attempts: 2))
            let late = try await bench.wait(for: jobID, toBe: .pending, attempt: 1)
            #expect(late.errorCode == "deadline_exceeded")
            bench.queue.clock.advance(by: .seconds(1))
            try await bench.wait(for: jobID, toBe: .failed, attempt: 2)
        }
    }

    @Test func aCancelledJobsAttemptIsStopped() async throws {
        let bench = try await WorkerPoolBench()
        let gate = TestGate()
        let wasCancelled = Locked(false)
        let pool = bench.pool([
            "k": { _, _ in
                do {
                    try await gate.pass()
                } catch {
                    wasCancelled.withLock { $0 = true }
                    throw error
                }
                return JobOutcome()
            }
        ])
        try await bench.run(pool) {
            let jobID = try await bench.queue.add()
            try await eventually("the attempt runs") { gate.arrivals == 1 }
            _ = try await bench.queue.queue.cancel(jobID, of: .local)
            try await eventually("the attempt is stopped") { wasCancelled.withLock { $0 } }
            #expect(try await bench.queue.job(jobID).status == .cancelled)
            #expect(try await bench.queue.events(jobID).map(\.status) == [.pending, .inProgress, .cancelled])
        }
    }

    @Test func aResultThatComesAfterTheCancellationWritesNothing() async throws {
        let bench = try await WorkerPoolBench()
        try await bench.queue.store.run("CREATE TABLE answers (job TEXT PRIMARY KEY)")
        let gate = TestGate()
        let pool = bench.pool([
            "k": { lease, _ in
                await gate.passStubbornly()
                return JobOutcome { db in try db.execute("INSERT INTO answers (job) VALUES (\(lease.jobID))") }
            }
        ])
        try await bench.runToItsEnd(pool) { shutDown in
            let jobID = try await bench.queue.add()
            try await eventually("the attempt runs") { gate.arrivals == 1 }
            _ = try await bench.queue.queue.cancel(jobID, of: .local)
            gate.open()
            shutDown()
        }
        let rows = try await bench.queue.store.read { db in try db.query("SELECT job FROM answers").count }
        #expect(rows == 0)
    }

    @Test func rowsThatChangedDuringTheAttemptCostAnAttempt() async throws {
        let bench = try await WorkerPoolBench()
        try await bench.queue.store.run("CREATE TABLE answers (word TEXT PRIMARY KEY)")
        let pool = bench.pool([
            "k": { lease, _ in
                JobOutcome { db in
                    try db.execute("INSERT INTO answers (word) VALUES ('before')")
                    try db.execute(
                        "INSERT INTO answers (word) VALUES (\(lease.attempt == 1 ? "before" : "after"))")
                }
            }
        ])
        try await bench.run(pool) {
            let jobID = try await bench.queue.add()
            let job = try await bench.wait(for: jobID, toBe: .pending, attempt: 1)
            #expect(job.errorCode == "conflict")
            bench.queue.clock.advance(by: .seconds(1))
            try await bench.wait(for: jobID, toBe: .completed, attempt: 2)
        }
        let rows = try await bench.queue.store.read { db in
            try db.values("SELECT word FROM answers ORDER BY word", as: String.self)
        }
        #expect(rows == ["after", "before"], "the first attempt left nothing")
    }

    @Test func progressIsWrittenWhileTheAttemptRuns() async throws {
        let bench = try await WorkerPoolBench()
        let gate = TestGate()
        let pool = bench.pool([
            "k": { _, progress in
                for step in 1...50 {
                    progress.report(ProgressReport(stage: "draw", overall: Double(step) / 100, step: step, steps: 50))
                }
                try await gate.pass()
                return JobOutcome()
            }
        ])
        try await bench.run(pool) {
            let jobID = try await bench.queue.add()
            try await eventually("the newest progress is written") { try await bench.queue.job(jobID).progress == 0.5 }
            gate.open()
            try await bench.wait(for: jobID, toBe: .completed)
            let events = try await bench.queue.events(jobID)
            #expect(events.count < 10, "what was superseded before it was written is left out")
            #expect(events.map(\.number) == Array(1...events.count))
            #expect(events.last?.progress == 1)
        }
    }
}

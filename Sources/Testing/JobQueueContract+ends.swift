import HearthCore
import HearthJSON
import HearthJobs

extension JobQueueContract {
    static let ends = [
        Promise("a completed job keeps its result, and its log ends", check: completes),
        Promise("a result commits with the rows it is about, or not at all", check: completesWithRows),
        Promise("a failed attempt comes back after its back-off until attempts run out", check: backsOff),
        Promise("a failure that can never heal ends the job at once", check: failsForGood),
        Promise("what is not the job's fault costs no attempt", check: forgivesInfrastructure),
        Promise("cancelling is idempotent and drops what the worker delivers", check: cancels),
        Promise("what failed or was cancelled can be retried, nothing else", check: retries),
        Promise("a retry is refused while the same work is under way", check: refusesDoubleRetry),
        Promise("a job that takes two workers with it is quarantined until it is retried", check: quarantines),
        Promise("a worker that is stopped on purpose costs its jobs nothing", check: releases),
        Promise("progress is kept in the log and in the job", check: keepsProgress),
        Promise("text with NUL does not keep an attempt from ending", check: endsInSpiteOfNUL),
    ]

    private static func completes(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let jobID = try await bench.add()
        let lease = try await bench.lease()[0]
        bench.clock.advance(by: .seconds(2))
        try promise(try await bench.complete(lease, result: ["answer": 42]), "the result is taken")
        let job = try await bench.job(jobID)
        try promise(job.status, is: .completed, "state")
        try promise(job.result, is: ["answer": 42], "result")
        try promise(job.progress, is: 1, "progress")
        try promise(job.finishedAt, is: bench.clock.now(), "end")
        let events = try await bench.events(jobID)
        try promise(events.map(\.number), is: [1, 2, 3], "numbers of the events")
        try promise(events.map(\.status), is: [.pending, .inProgress, .completed], "states of the events")
        try promise(job.lastEvent, is: 3, "the newest event")
        try promise(try await !bench.complete(lease), "a second result is refused")
        let long = JSONValue.string(String(repeating: "x", count: Limits.jobPayloadBytes))
        try await bench.add()
        let other = try await bench.lease()[0]
        try await promiseRefusal(.invalidRequest, "a long result") { _ = try await bench.complete(other, result: long) }
    }

    private static func completesWithRows(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        try await store.run("CREATE TABLE items (name TEXT PRIMARY KEY)")
        let jobID = try await bench.add()
        let lease = try await bench.lease()[0]
        let now = bench.clock.now()
        do {
            _ = try await store.write { db in
                _ = try bench.table.complete(lease, result: nil, in: db, now: now)
                try db.execute("INSERT INTO items (name) VALUES ('a')")
                throw Refusal()
            }
        } catch is Refusal {}
        try promise(try await bench.job(jobID).status, is: .inProgress, "the job of a write that was undone")
        try promise(try await bench.events(jobID).count, is: 2, "events of a write that was undone")
        _ = try await store.write { db in
            try db.execute("INSERT INTO items (name) VALUES ('a')")
            return try bench.table.complete(lease, result: nil, in: db, now: now)
        }
        try promise(try await bench.job(jobID).status, is: .completed, "the job")
    }

    private static func backsOff(_ store: any Store) async throws {
        let policy = RetryPolicy(Backoff(first: .seconds(1), longest: .seconds(3)))
        let bench = try await QueueBench(store, policy: policy)
        let jobID = try await bench.add(QueueBench.request(attempts: 4))
        // Without chance the delay is half of the full one: 1, 2 and then at most 3 seconds.
        for (attempt, delay) in [(1, 500), (2, 1_000), (3, 1_500)] {
            let lease = try await bench.lease()[0]
            try promise(lease.attempt, is: attempt, "attempt")
            try promise(try await bench.fail(lease, .transient), "the failure is taken")
            let job = try await bench.job(jobID)
            try promise(job.status, is: .pending, "state after attempt \(attempt)")
            try promise(job.runAt, is: bench.clock.now() + Int64(delay), "time of the next attempt")
            try promise(job.errorCode, is: "c", "why")
            bench.clock.advance(by: .milliseconds(delay - 1))
            try promise(try await bench.lease().count, is: 0, "leases before the back-off is over")
            bench.clock.advance(by: .milliseconds(1))
        }
        try promise(try await bench.fail(bench.lease()[0], .transient, message: "last"), "the failure is taken")
        let job = try await bench.job(jobID)
        try promise(job.status, is: .failed, "state after the last attempt")
        try promise(job.errorMessage, is: "last", "why")
        try promise(job.finishedAt, is: bench.clock.now(), "end")
        bench.clock.advance(by: .seconds(3_600))
        try promise(try await bench.lease().count, is: 0, "leases of a failed job")
    }

    private static func failsForGood(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let jobID = try await bench.add()
        try promise(try await bench.fail(bench.lease()[0], .permanent), "the failure is taken")
        let job = try await bench.job(jobID)
        try promise(job.status, is: .failed, "state")
        try promise(job.attempt, is: 1, "attempts")
        try promise(try await bench.events(jobID).last?.errorCode, is: "c", "why, in the log")
    }

    private static func forgivesInfrastructure(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let jobID = try await bench.add(QueueBench.request(attempts: 1))
        for _ in 0..<3 {
            try promise(try await bench.fail(bench.lease()[0], .infrastructure), "the failure is taken")
            try promise(try await bench.job(jobID).attempt, is: 0, "attempts")
            try promise(try await bench.lease().count, is: 0, "it waits before it is tried again")
            bench.clock.advance(by: Limits.jobBackoff.longest)
        }
        try promise(try await bench.fail(bench.lease()[0], .released), "the release is taken")
        try promise(try await bench.job(jobID).attempt, is: 0, "attempts")
        try promise(try await bench.complete(bench.lease()[0]), "what was released comes back at once")
        try promise(try await bench.job(jobID).errorCode, is: nil, "the error of a completed job")
    }

    private static func cancels(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let waiting = try await bench.add(QueueBench.request("waiting"))
        let running = try await bench.add()
        let lease = try await bench.lease()[0]
        for jobID in [waiting, running] {
            for _ in 0..<2 {
                try promise(try await bench.queue.cancel(jobID, of: .local).status, is: .cancelled, "state")
            }
            let ends = try await bench.events(jobID).filter { $0.status == .cancelled }
            try promise(ends.count, is: 1, "events of a job that was cancelled twice")
        }
        try promise(try await !bench.complete(lease), "a result after that is refused")
        try promise(try await bench.lease(kinds: ["k", "waiting"]).count, is: 0, "leases of cancelled jobs")
        let done = try await bench.add()
        try promise(try await bench.complete(bench.lease()[0]), "the other job completes")
        try promise(try await bench.queue.cancel(done, of: .local).status, is: .completed, "what has ended stays")
        try await promiseRefusal(.notFound, "another tenant's job") {
            _ = try await bench.queue.cancel(done, of: Tenant(rawValue: "other"))
        }
    }

    private static func retries(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let jobID = try await bench.add(QueueBench.request(attempts: 1, input: ["seed": 7]))
        try await promiseRefusal(.conflict, "a job that waits") { _ = try await bench.queue.retry(jobID, of: .local) }
        let first = try await bench.lease()[0]
        try await promiseRefusal(.conflict, "a job that runs") { _ = try await bench.queue.retry(jobID, of: .local) }
        _ = try await bench.fail(first, .transient)
        try promise(try await bench.job(jobID).status, is: .failed, "state")
        try await promiseRefusal(.notFound, "another tenant's job") {
            _ = try await bench.queue.retry(jobID, of: Tenant(rawValue: "other"))
        }
        let again = try await bench.queue.retry(jobID, of: .local)
        try promise([again.attempt, again.finishedAt == nil ? 0 : 1], is: [0, 0], "attempts and end after a retry")
        try promise(again.errorCode, is: nil, "error after a retry")
        _ = try await bench.queue.cancel(jobID, of: .local)
        _ = try await bench.queue.retry(jobID, of: .local)
        let lease = try await bench.lease()[0]
        try promise(lease.input, is: ["seed": 7], "the input of the retried job")
        try promise(try await bench.complete(lease), "the retried job completes")
        try await promiseRefusal(.conflict, "a completed job") { _ = try await bench.queue.retry(jobID, of: .local) }
        let numbers = try await bench.events(jobID).map(\.number)
        try promise(numbers, is: Array(1...numbers.count), "event numbers over all attempts")
    }

    private static func refusesDoubleRetry(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let request = QueueBench.request(uniqueKey: "key")
        let first = try await bench.add(request)
        _ = try await bench.queue.cancel(first, of: .local)
        let second = try await bench.add(request)
        try await promiseRefusal(.conflict, "a retry beside its successor") {
            _ = try await bench.queue.retry(first, of: .local)
        }
        try promise(try await bench.job(first).status, is: .cancelled, "the job that was not retried")
        _ = try await bench.queue.cancel(second, of: .local)
        try promise(try await bench.queue.retry(first, of: .local).status, is: .pending, "it can be retried later")
    }

    private static func quarantines(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let jobID = try await bench.add()
        for (worker, status) in [("a", JobState.pending), ("b", .failed)] {
            try promise(try await bench.lease(by: worker, suspects: worker == "b").count, is: 1, "leases by \(worker)")
            try promise(try await bench.queue.crashWorker(worker), is: 1, "jobs of \(worker)")
            try promise(try await bench.job(jobID).status, is: status, "state after \(worker)")
        }
        let job = try await bench.job(jobID)
        try promise(job.errorCode, is: "poison", "why")
        try promise(try await bench.queue.crashWorker("b"), is: 0, "a worker crashes once")
        _ = try await bench.queue.retry(jobID, of: .local)
        try promise(try await bench.lease(by: "c").map(\.crashes), is: [0], "crashes after a retry")
    }

    private static func releases(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        var jobs: [String] = []
        for worker in ["one", "two", "three"] {
            jobs.append(try await bench.add())
            _ = try await bench.lease(by: worker)
        }
        try promise(try await bench.queue.releaseWorker("one"), is: 1, "jobs of one that stops")
        try promise(try await bench.job(jobs[1]).status, is: .inProgress, "the job of another one")
        try promise(try await bench.queue.releaseAllWorkers(), is: 2, "jobs of an earlier server")
        try promise(try await bench.queue.releaseAllWorkers(), is: 0, "jobs that are left")
        for jobID in jobs {
            let job = try await bench.job(jobID)
            try promise(job.status, is: .pending, "state")
            try promise(job.attempt, is: 0, "attempts")
        }
        try promise(try await bench.lease(by: "next").map(\.crashes), is: [0, 0, 0], "it counts as no crash")
    }

    private static func keepsProgress(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let jobID = try await bench.add()
        let lease = try await bench.lease()[0]
        let report = ProgressReport(
            stage: "render", overall: 0.25, current: 0.5, step: 5, steps: 20, eta: 12.5, message: "five of twenty",
            preview: "p.png")
        try promise(try await bench.progress(lease, report), "progress is taken")
        let job = try await bench.job(jobID)
        try promise(job.progress, is: 0.25, "progress of the job")
        try promise(job.stage, is: "render", "stage of the job")
        try promise([job.current, job.eta], is: [0.5, 12.5], "share of the stage, and time that is left")
        try promise([job.step, job.steps], is: [5, 20], "steps of the job")
        guard let event = try await bench.events(jobID, since: 2).last else { return try promise(false, "an event") }
        try promise([event.step, event.steps], is: [5, 20], "steps")
        try promise([event.current, event.eta], is: [0.5, 12.5], "share and time in the event")
        try promise([event.stage, event.message, event.preview], is: ["render", "five of twenty", "p.png"], "words")
        try promise(event.percentage, is: 25, "percentage")
        _ = try await bench.fail(lease, .transient)
        let failed = try await bench.job(jobID)
        try promise(failed.progress, is: 0, "progress of an attempt that failed")
        try promise([failed.current, failed.eta], is: [nil, nil], "nothing is known of the next attempt")
    }

    private static func endsInSpiteOfNUL(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let jobID = try await bench.add()
        let lease = try await bench.lease()[0]
        try promise(try await bench.progress(lease, ProgressReport(stage: "a\0b", overall: 0)), "progress is taken")
        try promise(try await bench.fail(lease, .permanent, message: "bad\0byte"), "the failure is taken")
        try promise(try await bench.job(jobID).errorMessage, is: "badbyte", "the message")
    }
}

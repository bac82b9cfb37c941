import HearthCore
import HearthJobs

extension JobQueueContract {
    static let subjects = [
        Promise("whatever ends a job tells the rows that it is about, in the same commit", check: tellsEveryEnd),
        Promise("rows are told when their job comes back, and may refuse", check: tellsReturns),
    ]

    /// Notes in a table what it is told, and refuses a return when it is told so.
    private struct Noted: JobSubject {
        var refusesReturns = false

        func jobEnded(_ job: SubjectJob, in db: any SQLConnection, now: Int64) throws {
            try note(job, in: db)
        }

        func jobReturned(_ job: SubjectJob, in db: any SQLConnection, now: Int64) throws {
            guard !refusesReturns else { throw HearthError(.conflict, "There is nothing left to do.") }
            try note(job, in: db)
        }

        private func note(_ job: SubjectJob, in db: any SQLConnection) throws {
            let note = "\(job.subject ?? "nothing") \(job.state.rawValue) \(job.failure?.code ?? "none")"
            try db.execute("INSERT INTO notes (note) VALUES (\(note))")
        }
    }

    private static func bench(_ store: any Store) async throws -> QueueBench {
        try await store.run("CREATE TABLE notes (note TEXT NOT NULL)")
        return try await QueueBench(store, subjects: ["k": Noted()])
    }

    private static func notes(_ store: any Store) async throws -> [String] {
        try await store.read { db in try db.values("SELECT note FROM notes", as: String.self) }
    }

    private static func tellsEveryEnd(_ store: any Store) async throws {
        let bench = try await bench(store)
        func leased(_ subject: String, by worker: String = "w") async throws -> JobLease {
            try await bench.add(QueueBench.request(attempts: 1, subject: subject))
            return try await bench.lease(by: worker)[0]
        }
        try promise(try await bench.complete(leased("a")), "a result")
        try promise(try await bench.fail(leased("b"), .permanent), "a failure that can never heal")
        try promise(try await bench.fail(leased("c"), .transient), "the last attempt")
        _ = try await bench.queue.cancel(leased("d").jobID, of: .local)
        let waiting = try await bench.add(QueueBench.request(subject: "e"))
        _ = try await bench.queue.cancel(waiting, of: .local)
        _ = try await leased("f", by: "crashing")
        _ = try await bench.queue.crashWorker("crashing")
        let before = try await notes(store)
        try promise(before.contains { $0.hasPrefix("f") }, is: false, "nothing has ended at the first crash")
        _ = try await bench.lease(by: "alone", suspects: true)
        _ = try await bench.queue.crashWorker("alone")
        let other = try await bench.add(QueueBench.request("other", subject: "g"))
        _ = try await bench.queue.cancel(other, of: .local)
        try promise(
            try await notes(store),
            is: [
                "a completed none", "b failed c", "c failed c", "d cancelled none", "e cancelled none",
                "f failed poison",
            ], "what the rows were told")
    }

    private static func tellsReturns(_ store: any Store) async throws {
        let bench = try await bench(store)
        let jobID = try await bench.add(QueueBench.request(subject: "a"))
        _ = try await bench.queue.cancel(jobID, of: .local)
        _ = try await bench.queue.retry(jobID, of: .local)
        // A failed attempt that is not the last one is no end, and the next one no return.
        _ = try await bench.fail(bench.lease()[0], .released)
        _ = try await bench.complete(bench.lease()[0])
        try promise(
            try await notes(store), is: ["a cancelled none", "a pending none", "a completed none"],
            "what the rows were told")
        let stubborn = QueueBench.request("stubborn", subject: "b")
        let table = JobTable(subjects: ["stubborn": Noted(refusesReturns: true)])
        let refused = try await bench.add(stubborn)
        let queue = JobQueue(store: store, table: table, clock: bench.clock, signal: bench.signal)
        _ = try await queue.cancel(refused, of: .local)
        try await promiseRefusal(.conflict, "a return that the rows refuse") {
            _ = try await queue.retry(refused, of: .local)
        }
        try promise(try await bench.job(refused).status, is: .cancelled, "the job whose rows have refused")
    }
}

import HearthCore
import HearthJSON
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthJobs

/// Workers that crash, stall and deliver twice, under a clock that is not real, on the real table and a real database.
@Suite(.timeLimit(.minutes(2))) struct JobSimulationTests {
    private let plan = JobPlan(lane: .embed, maximumAttempts: 3)

    @Test(arguments: RepeatableRandom.seeds(25))
    func everyJobEndsOnceWhateverWorkersDo(seed: UInt64) async throws {
        let folder = try TemporaryFolder(.memory)
        let store = try SQLiteStore(path: folder.file("jobs.db"))
        let clock = ManualClock()
        try await Migrator(JobTable.migrations).run(store, now: clock.now())
        let table = JobTable(jitter: { 0.5 })
        var random = RepeatableRandom(seed: seed)
        var held: [JobLease] = []
        var completions: [String: Int] = [:]
        var jobs: [String] = []
        for step in 0..<400 {
            let isFaulty = step < 250
            let now = clock.now()
            switch Int.random(in: 0..<10, using: &random) {
            case 0...2 where step < 150:
                let key = random.chance(30) ? "key-\(Int.random(in: 0..<5, using: &random))" : nil
                let request = JobRequest(tenant: .local, kind: "k", plan: plan, input: [:], uniqueKey: key)
                let added = try await store.write { db in try table.enqueue(request, in: db, now: now) }
                if added.isNew { jobs.append(added.jobID) }
            case 3...5:
                let worker = "w\(Int.random(in: 0..<3, using: &random))"
                let suspects = random.chance(30)
                let request = JobTable.LeaseRequest(
                    lanes: [.embed], kinds: ["k"], worker: worker, limit: suspects ? 1 : 3, suspects: suspects)
                held += try await store.write { db in try table.lease(request, in: db, now: now) }
            case 6 where isFaulty && random.chance(40):
                // A worker crashes: the supervisor gives its jobs back, or nobody notices until the leases run out.
                let worker = "w\(Int.random(in: 0..<3, using: &random))"
                if random.chance(50) {
                    try await store.write { db in _ = try table.crashWorker(worker, in: db, now: now) }
                }
                // What it had not delivered may still arrive late.
                if random.chance(50) { held.removeAll { $0.worker == worker } }
            case 7 where isFaulty && random.chance(30):
                clock.advance(by: .seconds(11))
            default:
                guard let lease = held.randomElement(using: &random) else { break }
                let fails = isFaulty && random.chance(30)
                let isRecorded = try await store.write { db in
                    fails
                        ? try table.fail(
                            lease, JobFailure(kind: .transient, code: "x", message: "x"), in: db, now: now)
                        : try table.complete(lease, result: nil, in: db, now: now)
                }
                if isRecorded && !fails { completions[lease.jobID, default: 0] += 1 }
                // Delivered twice: the lease stays in the worker's hands although it has ended.
                if !(isFaulty && random.chance(20)) { held.removeAll { $0.id == lease.id } }
            }
            if random.chance(50) { clock.advance(by: .milliseconds(500)) }
            try await store.write { db in _ = try table.rescue(in: db, now: clock.now()) }
        }
        try await finish(store, table, clock)
        try await check(jobs, completions: completions, store, table, seed: seed)
    }

    /// Faults have stopped: one good worker takes what is left.
    private func finish(_ store: SQLiteStore, _ table: JobTable, _ clock: ManualClock) async throws {
        for _ in 0..<200 {
            clock.advance(by: .seconds(12))
            let now = clock.now()
            let isDone = try await store.write { db in
                _ = try table.rescue(in: db, now: now)
                for suspects in [false, true] {
                    let request = JobTable.LeaseRequest(
                        lanes: [.embed], kinds: ["k"], worker: "last", limit: 10, suspects: suspects)
                    let leases = try table.lease(request, in: db, now: now)
                    for lease in leases { _ = try table.complete(lease, result: nil, in: db, now: now) }
                }
                return try !db.exists("SELECT id FROM jobs WHERE state IN ('pending', 'in_progress')")
            }
            if isDone { return }
        }
    }

    private func check(
        _ jobs: [String], completions: [String: Int], _ store: SQLiteStore, _ table: JobTable, seed: UInt64
    ) async throws {
        for jobID in jobs {
            let (job, events) = try await store.read { db in
                (try table.job(jobID, of: .local, in: db), try table.events(jobID, since: 0, in: db))
            }
            #expect(job.status.isFinal, "seed \(seed): \(jobID) never ended")
            #expect(completions[jobID, default: 0] <= 1, "seed \(seed): an effect was recorded twice")
            #expect(job.attempt <= job.maximumAttempts, "seed \(seed)")
            #expect(events.map(\.number) == Array(1...job.lastEvent), "seed \(seed): event numbers have a gap")
            #expect(events.last?.status == job.status, "seed \(seed): the log ends in another state")
            #expect(events.filter { $0.status == .completed }.count <= 1, "seed \(seed)")
        }
    }
}

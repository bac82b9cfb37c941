import HearthCore
import HearthJSON
import HearthJobs

extension JobQueueContract {
    static let leasing = [
        Promise("jobs are leased by priority, then by time, then by age", check: leasesInOrder),
        Promise("tenants have their turns, however many jobs one of them has", check: takesTurns),
        Promise("of many tenants each has its turn", check: reachesEveryTenant),
        Promise("a tenant does not wait for the jobs of others that are not due", check: passesThoseThatAreNotDue),
        Promise("a job is not leased before its time", check: waitsForTime),
        Promise("only the lane and the kinds that are asked for are leased", check: leasesWhatIsAskedFor),
        Promise("a lease carries what the job was enqueued with", check: handsOverTheJob),
        Promise("a job is leased by one worker, however many ask at once", check: leasesOnce),
        Promise("what has changed since it was found is not leased", check: leasesOnlyWhatItFound),
        Promise("a lease that is renewed holds, one that is not runs out", check: renews),
        Promise("renewing tells which leases are still held", check: tellsLostLeases),
        Promise("a late result changes nothing", check: dropsLateResults),
        Promise("a job that was there when a worker crashed runs alone in a process", check: isolatesSuspects),
        Promise("what a worker holds that is known to live stays its own", check: sparesLiveWorkers),
        Promise("a step in the middle of an attempt needs its lease", check: fencesSteps),
        Promise("a step that was committed takes the suspicion from a job", check: clearsSuspects),
        Promise("what happens between reading and writing is not overwritten", check: writesOnlyWhatItRead),
    ]

    private static func leasesInOrder(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let now = bench.clock.now()
        var jobs: [String: String] = [:]
        for (name, priority, runAt) in [
            ("later", 0, now - 1), ("older", 0, now - 2), ("younger", 0, now - 2), ("urgent", 5, now),
            ("idle", -1, now - 9),
        ] {
            jobs[try await bench.add(QueueBench.request(priority: priority, runAt: runAt))] = name
        }
        var order: [String] = []
        while let lease = try await bench.lease(limit: 1).first { order.append(jobs[lease.jobID] ?? "?") }
        try promise(order, is: ["urgent", "older", "younger", "later", "idle"], "the order one by one")
        try await store.run("DELETE FROM jobs")
        var ids: [String] = []
        for priority in [1, 3, 2] { ids.append(try await bench.add(QueueBench.request(priority: priority))) }
        let batch = try await bench.lease(limit: 2).map(\.jobID)
        try promise(batch, is: [ids[1], ids[2]], "the order of a batch that does not take all")
    }

    private static func takesTurns(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let (large, small, third) = (Tenant(rawValue: "large"), Tenant(rawValue: "small"), Tenant(rawValue: "third"))
        for _ in 0..<40 { try await bench.add(QueueBench.request(tenant: large)) }
        bench.clock.advance(by: .seconds(1))
        for _ in 0..<3 { try await bench.add(QueueBench.request(tenant: small)) }
        try await bench.add(QueueBench.request(tenant: third))
        func counts(_ leases: [JobLease]) -> [Int] {
            [large, small, third].map { tenant in leases.count { $0.tenant == tenant } }
        }
        let first = try await bench.lease(limit: 5)
        try promise(counts(first), is: [2, 2, 1], "places of each tenant")
        try promise(counts(try await bench.lease(limit: 2)), is: [1, 1, 0], "who has least running comes first")
        try promise(counts(try await bench.lease(limit: 30)), is: [30, 0, 0], "who is alone has all places")
        let urgent = try await bench.add(QueueBench.request(tenant: large, priority: 1))
        try await bench.add(QueueBench.request(tenant: third))
        try promise(
            try await bench.lease(limit: 1).map(\.jobID), is: [urgent], "what is urgent goes first all the same")
    }

    private static func reachesEveryTenant(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let count = 2 * Limits.leaseTenants + 3
        for number in 0..<count {
            for _ in 0..<3 { try await bench.add(QueueBench.request(tenant: Tenant(rawValue: "t\(1_000 + number)"))) }
        }
        var (seen, last): (Set<Tenant>, Tenant?) = ([], nil)
        for _ in 0..<count {
            let request = JobTable.LeaseRequest(lanes: [.embed], kinds: ["k"], worker: "w", limit: 1, after: last)
            let now = bench.clock.now()
            let leases = try await store.write { db in try bench.table.lease(request, in: db, now: now) }
            last = leases.last?.tenant
            seen.formUnion(leases.map(\.tenant))
        }
        try promise(seen.count, is: count, "tenants that had a turn, when there were as many turns")
    }

    private static func passesThoseThatAreNotDue(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let later = bench.clock.now() + 300_000
        for number in 0..<Limits.leaseTenants {
            try await bench.add(QueueBench.request(tenant: Tenant(rawValue: "t\(1_000 + number)"), runAt: later))
        }
        let due = try await bench.add(QueueBench.request(tenant: Tenant(rawValue: "z")))
        try promise(try await bench.lease().map(\.jobID), is: [due], "the job that is due")
    }

    /// Between finding and leasing, a job is given to another worker, comes back for later, or becomes a suspect.
    private static func leasesOnlyWhatItFound(_ store: any Store) async throws {
        let bench = try await QueueBench(
            store, policy: RetryPolicy(Backoff(first: .seconds(100), longest: .seconds(100))))
        var jobs: [String] = []
        for _ in 0..<4 { jobs.append(try await bench.add()) }
        jobs.sort()
        let (table, now) = (bench.table, bench.clock.now())
        let request = JobTable.LeaseRequest(lanes: [.embed], kinds: ["k"], worker: "w", limit: 9)
        let found = try await store.read { db in try table.claimable(request, in: db, now: now) }
        try promise(found, is: jobs, "jobs that are found")
        _ = try await bench.lease(by: "other", limit: 1)
        _ = try await bench.lease(by: "victim", limit: 1)
        _ = try await bench.queue.crashWorker("victim")
        _ = try await bench.fail(bench.lease(limit: 1)[0], .transient)
        let leases = try await store.write { db in try table.lease(found, for: request, in: db, now: now) }
        try promise(leases.map(\.jobID), is: [jobs[3]], "jobs that are leased")
        try promise(try await bench.job(jobs[2]).attempt, is: 1, "attempts of the one that waits")
    }

    private static func waitsForTime(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let runAt = bench.clock.now() + 1_000
        let jobID = try await bench.add(QueueBench.request(runAt: runAt))
        bench.clock.advance(by: .milliseconds(999))
        try promise(try await bench.lease().count, is: 0, "leases a moment too early")
        let request = JobTable.LeaseRequest(lanes: [.embed], kinds: ["k"], worker: "w", limit: 1)
        let next = try await store.read { db in try bench.table.nextRunAt(request, in: db) }
        try promise(next, is: runAt, "the time of the next job")
        bench.clock.advance(by: .milliseconds(1))
        try promise(try await bench.lease().map(\.jobID), is: [jobID], "leases in time")
    }

    private static func leasesWhatIsAskedFor(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let embed = try await bench.add(QueueBench.request("a"))
        let media = try await bench.add(QueueBench.request("a", lane: .media))
        let other = try await bench.add(QueueBench.request("b"))
        try promise(try await bench.lease(kinds: []).count, is: 0, "leases of no kind")
        try promise(try await bench.lease(kinds: ["c"]).count, is: 0, "leases of an unknown kind")
        try promise(try await bench.lease(kinds: ["a", "b"], limit: 0).count, is: 0, "leases of a full worker")
        try promise(try await bench.lease(kinds: ["a"]).map(\.jobID), is: [embed], "leases of one kind")
        try promise(try await bench.lease(kinds: ["a"], lane: .media).map(\.jobID), is: [media], "leases of a lane")
        try promise(try await bench.lease(kinds: ["a", "b"]).map(\.jobID), is: [other], "leases of what is left")
    }

    private static func handsOverTheJob(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let tenant = Tenant(rawValue: "someone")
        let input: JSONValue = ["words": "é 漢 \"?\"", "numbers": [1, -2.5, 9_007_199_254_740_993], "none": nil]
        let jobID = try await bench.add(QueueBench.request(tenant: tenant, input: input))
        guard let lease = try await bench.lease(by: "worker").first else { return try promise(false, "a lease") }
        try promise(lease.jobID, is: jobID, "job")
        try promise(lease.tenant, is: tenant, "tenant")
        try promise(lease.kind, is: "k", "kind")
        try promise(lease.input, is: input, "input")
        try promise([lease.attempt, lease.crashes], is: [1, 0], "attempt and crashes")
        try promise(lease.worker, is: "worker", "worker")
        let job = try await bench.job(jobID, of: tenant)
        try promise(job.status, is: .inProgress, "state")
        try promise(job.startedAt, is: bench.clock.now(), "start")
        try promise(try await bench.events(jobID).last?.number, is: lease.id.number, "the event that began the attempt")
    }

    private static func leasesOnce(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        for number in 0..<100 { try await bench.add(QueueBench.request(priority: number % 3)) }
        let leases = try await withThrowingTaskGroup(of: [JobLease].self) { group in
            for number in 0..<8 {
                group.addTask {
                    var leases: [JobLease] = []
                    while true {
                        let more = try await bench.lease(by: "w\(number)", limit: 1 + number % 4)
                        if more.isEmpty { return leases }
                        leases += more
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        try promise(leases.count, is: 100, "leases")
        try promise(Set(leases.map(\.jobID)).count, is: 100, "jobs that were leased")
    }

    private static func renews(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let kept = try await bench.add()
        let lost = try await bench.add()
        let leases = try await bench.lease()
        for _ in 0..<3 {
            bench.clock.advance(by: Limits.lease - .milliseconds(1))
            try promise(try await bench.renew(leases).count, is: 2, "leases that are held")
            try promise(try await bench.queue.rescue(), is: 0, "rescues of what was renewed")
        }
        bench.clock.advance(by: Limits.lease - .milliseconds(1))
        _ = try await bench.renew(leases.filter { $0.jobID == kept })
        bench.clock.advance(by: .milliseconds(2))
        let hasExpired = try await store.read { [now = bench.clock.now()] db in
            try bench.table.hasExpiredLeases(in: db, now: now)
        }
        try promise(hasExpired, "an expired lease is seen by reading")
        try promise(try await bench.queue.rescue(), is: 1, "rescues of what was not renewed")
        try promise(try await bench.job(kept).status, is: .inProgress, "the job that was renewed")
        try promise(try await bench.job(lost).status, is: .pending, "the job that was not")
        try promise(try await bench.events(lost).last?.errorCode, is: "lease_lost", "why it came back")
        try promise(try await bench.lease().map(\.crashes), is: [0], "a late worker is no crash")
    }

    private static func tellsLostLeases(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        for _ in 0..<3 { try await bench.add() }
        let leases = try await bench.lease()
        _ = try await bench.queue.cancel(leases[0].jobID, of: .local)
        // The same worker has leased the job again: the earlier attempt is another one.
        _ = try await bench.fail(leases[1], .released)
        let again = try await bench.lease()
        let held = try await bench.renew(leases)
        try promise(held, is: [leases[2].id, again[0].id], "leases that are held")
        try promise(!held.contains(leases[1].id), "the earlier attempt is not among them")
        try promise(try await bench.renew(leases, by: "other"), is: [], "leases of a worker that holds none")
        let owned = try await store.read { db in try bench.table.owned(by: "w", in: db) }
        try promise(owned, is: held, "leases that are owned")
    }

    private static func dropsLateResults(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let jobID = try await bench.add()
        let early = try await bench.lease(by: "slow")[0]
        bench.clock.advance(by: Limits.lease + .milliseconds(1))
        try promise(try await bench.queue.rescue(), is: 1, "rescues")
        let late = try await bench.lease(by: "slow")[0]
        let before = try await bench.events(jobID).count
        try promise(try await !bench.complete(early, result: "early"), "a late result is refused")
        try promise(try await !bench.fail(early, .permanent), "a late failure is refused")
        try promise(try await !bench.progress(early, ProgressReport(stage: "s", overall: 0.5)), "so is late progress")
        try promise(try await bench.events(jobID).count, is: before, "events")
        try promise(try await bench.complete(late, result: "late"), "the holder's result is taken")
        try promise(try await bench.job(jobID).result, is: "late", "the result")
    }

    private static func isolatesSuspects(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let suspect = try await bench.add(QueueBench.request(priority: 9))
        let innocent = try await bench.add(QueueBench.request("other", lane: .media))
        _ = try await bench.lease(by: "victim")
        try promise(try await bench.queue.crashWorker("victim"), is: 1, "jobs of the worker that crashed")
        for _ in 0..<3 { try await bench.add() }
        try promise(try await bench.lease().count, is: 3, "leases of a worker that runs many jobs at once")
        try promise(try await bench.queue.hasSuspects(in: [.embed, .media]), "the suspect waits for a worker")
        try promise(try await !bench.queue.hasSuspects(in: [.media]), "a lane without suspects has none to run")
        let now = bench.clock.now()
        let request = JobTable.LeaseRequest(
            lanes: [.embed, .media], kinds: ["k", "other"], worker: "alone", limit: 1, suspects: true)
        let next = try await store.read { db in try bench.table.nextRunAt(request, in: db) }
        try promise(next, is: now, "when the suspect may run")
        let alone = try await store.write { db in try bench.table.lease(request, in: db, now: now) }
        try promise(alone.map(\.jobID), is: [suspect], "what a process for suspects is given")
        try promise(alone.map(\.crashes), is: [1], "how often it was there")
        let more = try await store.write { db in try bench.table.lease(request, in: db, now: now) }
        try promise(more.count, is: 0, "what else it is given")
        try promise(try await bench.job(innocent).status, is: .pending, "the job of another lane")
    }

    private static func sparesLiveWorkers(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let own = try await bench.add()
        _ = try await bench.lease(by: "own")
        let foreign = try await bench.add()
        _ = try await bench.lease(by: "foreign")
        bench.clock.advance(by: Limits.lease * 2)
        let now = bench.clock.now()
        func hasExpired(_ live: Set<String>) async throws -> Bool {
            try await store.read { db in try bench.table.hasExpiredLeases(sparing: live, in: db, now: now) }
        }
        try promise(try await !hasExpired(["own", "foreign"]), "nothing to rescue while both are known to live")
        try promise(try await hasExpired(["own"]), "something to rescue")
        try promise(try await bench.queue.rescue(sparing: ["own"]), is: 1, "rescues")
        try promise(try await bench.job(own).status, is: .inProgress, "the job of a worker that lives")
        try promise(try await bench.job(foreign).status, is: .pending, "the job of the other")
    }

    private static func fencesSteps(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        try await store.run("CREATE TABLE steps (name TEXT PRIMARY KEY)")
        func step(_ lease: JobLease, _ name: String) async throws -> Bool {
            do {
                try await bench.queue.write(under: lease) { db in
                    _ = try db.execute("INSERT INTO steps (name) VALUES (\(name))")
                }
                return true
            } catch is JobLease.Lost {
                return false
            }
        }
        let jobID = try await bench.add()
        let early = try await bench.lease()[0]
        try promise(try await step(early, "first"), "a step of the attempt that holds the job")
        bench.clock.advance(by: Limits.lease * 2)
        _ = try await bench.queue.rescue()
        try promise(try await !step(early, "between"), "a step while no worker holds the job")
        let late = try await bench.lease()[0]
        try promise(try await !step(early, "late"), "a step of the attempt before, by the same worker")
        try promise(try await step(late, "second"), "a step of the attempt that holds the job now")
        _ = try await bench.queue.cancel(jobID, of: .local)
        try promise(try await !step(late, "cancelled"), "a step after the job was cancelled")
        let names = try await store.read { db in
            try db.values("SELECT name FROM steps ORDER BY name", as: String.self)
        }
        try promise(names, is: ["first", "second"], "what was written")
    }

    private static func clearsSuspects(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let jobID = try await bench.add()
        for round in 1...3 {
            _ = try await bench.lease(by: "w")
            _ = try await bench.queue.crashWorker("w")
            try promise(try await bench.lease(by: "w").count, is: 0, "leases of a suspect by an ordinary worker")
            let lease = try await bench.lease(by: "alone", suspects: true)[0]
            try promise(
                try await store.read { db in try bench.table.owned(by: "alone", suspects: true, in: db) },
                is: [lease.id], "suspects before the step")
            try await bench.queue.write(under: lease) { _ in }
            try promise(
                try await store.read { db in try bench.table.owned(by: "alone", suspects: true, in: db) }, is: [],
                "suspects after the step")
            _ = try await bench.fail(lease, .released)
            try promise(try await bench.job(jobID).status, is: .pending, "state after crash \(round)")
        }
        try promise(try await bench.lease(by: "w").map(\.crashes), is: [0], "it is an ordinary job again")
    }

    /// As if another connection had written between the statements of a transition, which weak isolation allows.
    private static func writesOnlyWhatItRead(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let now = bench.clock.now()
        let table = bench.table
        let jobID = try await bench.add()
        let early = try await bench.lease()[0]
        let isTaken = try await store.write { db in
            let others = InterruptedConnection(db, after: "SELECT last_event, state") { db in
                _ = try table.releaseWorker("w", in: db, now: now)
                _ = try table.lease(
                    JobTable.LeaseRequest(lanes: [.embed], kinds: ["k"], worker: "w", limit: 1), in: db, now: now)
            }
            return try table.complete(early, result: "early", in: others, now: now)
        }
        try promise(!isTaken, "the result of an attempt that has just lost its job is refused")
        try promise(try await bench.job(jobID).status, is: .inProgress, "the job of the attempt that holds it now")
        let isCancelled = try await store.write { db in
            let others = InterruptedConnection(db, after: "SELECT last_event, state") { db in
                _ = try table.releaseWorker("w", in: db, now: now)
            }
            return try table.cancel(jobID, of: .local, in: others, now: now)
        }
        try promise(isCancelled, "cancelling does not depend on who holds the job")
        let events = try await bench.events(jobID)
        try promise(
            events.map(\.status), is: [.pending, .inProgress, .pending, .inProgress, .pending, .cancelled], "the log")
        try promise(events.map(\.number), is: Array(1...6), "numbers of the log")
    }
}

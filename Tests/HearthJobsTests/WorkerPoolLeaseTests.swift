import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthJobs

/// What a worker takes, keeps and gives back.
@Suite(.timeLimit(.minutes(2))) struct WorkerPoolLeaseTests {
    @Test func aJobIsNotLeasedBeforeAllOfItsNeedsAreMet() async throws {
        let bench = try await WorkerPoolBench()
        let met = Locked<Set<JobNeed>>([.defaultEmbedder])
        let (needChanges, change) = AsyncStream.makeStream(of: Void.self)
        let run: @Sendable (JobLease, JobProgress) async throws -> JobOutcome = { _, _ in JobOutcome() }
        let needy = JobPlan(lane: .embed, needs: [.defaultEmbedder, .program("ffmpeg")])
        let pool = WorkerPool(
            .init(
                worker: "w",
                handlers: [
                    "needy": JobHandler(plan: needy, run: run),
                    "modest": JobHandler(plan: JobPlan(lane: .embed), run: run),
                ], isMet: { need in met.withLock { $0.contains(need) } }, needChanges: { needChanges }),
            store: bench.queue.store, table: bench.queue.table, clock: bench.queue.clock,
            signal: bench.queue.signal, logger: .quiet)
        try await bench.run(pool) {
            let waiting = try await bench.queue.add(QueueBench.request("needy", priority: 9))
            // A less urgent job of the same lane is run: the lane was looked at.
            try await bench.wait(for: bench.queue.add(QueueBench.request("modest")), toBe: .completed)
            #expect(try await bench.queue.job(waiting).status == .pending)
            #expect(try await bench.queue.job(waiting).attempt == 0, "it was never leased")
            met.withLock { _ = $0.insert(.program("ffmpeg")) }
            change.yield()
            try await bench.wait(for: waiting, toBe: .completed)
        }
    }

    @Test func noMoreRunThanTheLaneHasPlaces() async throws {
        let bench = try await WorkerPoolBench()
        let gate = TestGate()
        let pool = bench.pool(
            [
                "k": { _, _ in
                    try await gate.pass()
                    return JobOutcome()
                }
            ], plan: JobPlan(lane: .render))
        try await bench.run(pool) {
            var jobs: [String] = []
            for _ in 0..<Lane.render.capacity + 2 {
                jobs.append(try await bench.queue.add(QueueBench.request(lane: .render)))
            }
            try await eventually("the lane is full") { gate.arrivals == Lane.render.capacity }
            let owned = try await bench.queue.store.read { db in try bench.queue.table.owned(by: "w", in: db).count }
            #expect(owned == Lane.render.capacity)
            gate.open()
            for jobID in jobs { try await bench.wait(for: jobID, toBe: .completed) }
        }
    }

    @Test func gracefulShutdownFinishesWhatRunsAndLeasesNothingMore() async throws {
        let bench = try await WorkerPoolBench()
        let gate = TestGate()
        let pool = bench.pool([
            "k": { _, _ in
                await gate.passStubbornly()
                return JobOutcome(result: "done")
            }
        ])
        let running = try await bench.queue.add()
        let late = Locked("")
        try await bench.runToItsEnd(pool) { shutDown in
            try await eventually("the attempt runs") { gate.arrivals == 1 }
            shutDown()
            let jobID = try await bench.queue.add()
            late.withLock { $0 = jobID }
            gate.open()
        }
        #expect(try await bench.queue.job(running).result == "done")
        let job = try await bench.queue.job(late.withLock { $0 })
        #expect(job.status == .pending)
        #expect(job.attempt == 0)
    }

    /// A video that takes a minute: who stops the server does not wait for it.
    @Test func gracefulShutdownGivesBackAtOnceWhatIsRunAgainFromItsBeginning() async throws {
        let bench = try await WorkerPoolBench()
        let (short, long) = (TestGate(), TestGate())
        func handler(_ gate: TestGate, goesBack: Bool) -> JobHandler {
            JobHandler(plan: JobPlan(lane: .media, goesBackAtStop: goesBack)) { _, _ in
                try await gate.pass()
                return JobOutcome(result: "done")
            }
        }
        let configuration = WorkerPool.Configuration(
            worker: "w", handlers: ["short": handler(short, goesBack: false), "long": handler(long, goesBack: true)],
            heartbeat: .milliseconds(50))
        let queue = bench.queue
        let pool = WorkerPool(
            configuration, store: queue.store, table: queue.table, clock: queue.clock, signal: queue.signal,
            logger: .quiet)
        let finished = try await queue.add(QueueBench.request("short", lane: .media))
        let returned = try await queue.add(QueueBench.request("long", lane: .media))
        try await bench.runToItsEnd(pool) { shutDown in
            try await eventually("both run") { short.arrivals == 1 && long.arrivals == 1 }
            shutDown()
            let job = try await bench.wait(for: returned, toBe: .pending)
            #expect(job.attempt == 0, "it costs no attempt")
            #expect(try await queue.job(finished).status == .inProgress, "the other one is waited for")
            short.open()
        }
        #expect(try await queue.job(finished).result == "done")
        #expect(try await queue.job(returned).status == .pending)
    }

    @Test func aPoolThatIsCancelledGivesItsJobsBackAtNoCost() async throws {
        let bench = try await WorkerPoolBench()
        let gate = TestGate()
        let pool = bench.pool([
            "k": { _, _ in
                try await gate.pass()
                return JobOutcome()
            }
        ])
        let jobID = try await bench.queue.add(QueueBench.request(attempts: 1))
        try await bench.run(pool) { try await eventually("the attempt runs") { gate.arrivals == 1 } }
        let job = try await bench.queue.job(jobID)
        #expect(job.status == .pending)
        #expect(job.attempt == 0)
        #expect(job.runAt == bench.queue.clock.now(), "it comes back at once")
    }

    @Test func aJobThatWasThereWhenAWorkerCrashedWaitsForAProcessOfItsOwn() async throws {
        let bench = try await WorkerPoolBench()
        let log = Locked<[String]>([])
        let run: @Sendable (JobLease, JobProgress) async throws -> JobOutcome = { lease, _ in
            let name = lease.input["name"]?.stringValue ?? ""
            log.withLock { $0.append("\(name) begins") }
            // The lanes are asked again and again whether they would take another one.
            for _ in 0..<20 {
                bench.queue.signal.ring()
                try await Task.sleep(for: .milliseconds(5))
            }
            log.withLock { $0.append("\(name) ends") }
            return JobOutcome()
        }
        let handlers = [
            "a": JobHandler(plan: JobPlan(lane: .embed), run: run),
            "b": JobHandler(plan: JobPlan(lane: .upkeep), run: run),
        ]
        func pool(isForSuspects: Bool) -> WorkerPool {
            WorkerPool(
                .init(worker: isForSuspects ? "alone" : "w", handlers: handlers, isForSuspects: isForSuspects),
                store: bench.queue.store, table: bench.queue.table, clock: bench.queue.clock,
                signal: bench.queue.signal, logger: .quiet)
        }
        let first = try await bench.queue.add(QueueBench.request("a", input: ["name": "first"], priority: 9))
        let second = try await bench.queue.add(QueueBench.request("b", lane: .upkeep, input: ["name": "second"]))
        _ = try await bench.queue.lease(by: "victim", kinds: ["a"])
        _ = try await bench.queue.lease(by: "victim", kinds: ["b"], lane: .upkeep)
        _ = try await bench.queue.queue.crashWorker("victim")
        try await bench.run(pool(isForSuspects: false)) {
            let ordinary = try await bench.queue.add(QueueBench.request("a", input: ["name": "ordinary"]))
            try await bench.wait(for: ordinary, toBe: .completed)
            #expect(log.withLock { $0 } == ["ordinary begins", "ordinary ends"], "its lane is not held up")
        }
        log.withLock { $0 = [] }
        let other = try await bench.queue.add(QueueBench.request("b", lane: .upkeep, input: ["name": "other"]))
        try await bench.run(pool(isForSuspects: true)) {
            for jobID in [first, second] { try await bench.wait(for: jobID, toBe: .completed) }
            #expect(try await bench.queue.job(other).status == .pending, "no other job shares its process")
        }
        let order = ["first begins", "first ends", "second begins", "second ends"]
        #expect(log.withLock { $0 } == order, "one at a time, over all lanes")
    }

    @Test func aSuspectThatHasCommittedAStepGoesOnInAnOrdinaryWorker() async throws {
        let bench = try await WorkerPoolBench()
        let gate = TestGate()
        let queue = bench.queue.queue
        let run: @Sendable (JobLease, JobProgress) async throws -> JobOutcome = { lease, _ in
            if lease.input["is_long"]?.boolValue == true {
                try await queue.write(under: lease) { _ in }
                if lease.worker == "alone" { try await gate.pass() }
            }
            return JobOutcome(result: .string(lease.worker))
        }
        func pool(_ worker: String) -> WorkerPool {
            WorkerPool(
                .init(
                    worker: worker, handlers: ["k": JobHandler(plan: JobPlan(lane: .embed), run: run)],
                    isForSuspects: worker == "alone"), store: bench.queue.store, table: bench.queue.table,
                clock: bench.queue.clock, signal: bench.queue.signal, logger: .quiet)
        }
        let long = try await bench.queue.add(QueueBench.request(input: ["is_long": true], priority: 9))
        let short = try await bench.queue.add()
        _ = try await bench.queue.lease(by: "victim")
        _ = try await queue.crashWorker("victim")
        try await bench.run(pool("alone")) {
            // The gate is never opened: what is long does not keep the next suspect waiting.
            #expect(try await bench.wait(for: short, toBe: .completed).result == "alone")
            try await bench.run(pool("ordinary")) {
                let job = try await bench.wait(for: long, toBe: .completed, attempt: 1)
                #expect(job.result == "ordinary", "and it costs no attempt")
            }
        }
    }

    @Test func aJobWhoseLeaseIsUnknownToItsOwnWorkerComesBack() async throws {
        let bench = try await WorkerPoolBench()
        let faults = Locked<[FailingStore.Fault]>([.answerLost])
        let store = FailingStore(bench.queue.store) { faults.withLock { $0.popLast() } }
        let handler = JobHandler(plan: JobPlan(lane: .embed)) { _, _ in JobOutcome() }
        let pool = WorkerPool(
            .init(worker: "w", handlers: ["k": handler], heartbeat: .milliseconds(50)), store: store,
            table: bench.queue.table, clock: bench.queue.clock, signal: bench.queue.signal, logger: .quiet)
        let jobID = try await bench.queue.add()
        try await bench.run(pool) {
            // No other process looks at its leases, because it lives.
            let job = try await bench.wait(for: jobID, toBe: .completed, attempt: 1)
            let states = try await bench.queue.events(job.jobID).map(\.status)
            #expect(states == [.pending, .inProgress, .pending, .inProgress, .completed])
        }
    }

    @Test func aLongAttemptKeepsItsLease() async throws {
        let bench = try await WorkerPoolBench()
        let gate = TestGate()
        let pool = bench.pool([
            "k": { _, _ in
                try await gate.pass()
                return JobOutcome()
            }
        ])
        try await bench.run(pool) {
            let jobID = try await bench.queue.add()
            try await eventually("the attempt runs") { gate.arrivals == 1 }
            bench.queue.clock.advance(by: Limits.lease - .milliseconds(1))
            try await eventually("the lease is renewed", within: Limits.heartbeat + .seconds(20)) {
                let until = try await bench.queue.store.read { db in
                    try db.value("SELECT lease_until FROM jobs", as: Int64?.self) ?? nil
                }
                return until == bench.queue.clock.now() + Limits.lease.milliseconds
            }
            bench.queue.clock.advance(by: Limits.lease - .milliseconds(1))
            #expect(try await bench.queue.queue.rescue() == 0)
            gate.open()
            try await bench.wait(for: jobID, toBe: .completed, attempt: 1)
        }
    }

    @Test func lostSignalsCostOnlyTime() async throws {
        let bench = try await WorkerPoolBench()
        bench.queue.signal.mute()
        try await bench.run(bench.pool(["k": { _, _ in JobOutcome() }])) {
            // The second job comes to a pool that has looked and found nothing more to do.
            for _ in 0..<2 { try await bench.wait(for: bench.queue.add(), toBe: .completed) }
        }
    }

    @Test func aStoreThatIsAwayForAMomentLosesNoResult() async throws {
        let bench = try await WorkerPoolBench()
        let refusals = Locked(0)
        let store = FailingStore(bench.queue.store) {
            refusals.withLock { left in
                guard left > 0 else { return nil }
                left -= 1
                return .refused
            }
        }
        let runs = Locked(0)
        let handler = JobHandler(plan: JobPlan(lane: .embed)) { _, _ in
            runs.withLock { $0 += 1 }
            refusals.withLock { $0 = 3 }
            return JobOutcome(result: "kept")
        }
        let pool = WorkerPool(
            .init(worker: "w", handlers: ["k": handler]), store: store, table: bench.queue.table,
            clock: bench.queue.clock, signal: bench.queue.signal, logger: .quiet)
        try await bench.run(pool) {
            let job = try await bench.wait(for: bench.queue.add(), toBe: .completed)
            #expect(job.result == "kept")
        }
        #expect(runs.withLock { $0 } == 1)
    }
}

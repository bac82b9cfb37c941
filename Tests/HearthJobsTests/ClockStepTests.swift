import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthJobs

/// Somebody sets the clock by hours while a server works, or between two of its starts: no worker loses what it does,
/// nothing counts as a crash, and nothing waits for longer than it was meant to.
@Suite(.timeLimit(.minutes(3))) struct ClockStepTests {
    private static let hours: [Duration] = [5, -5, 400 * 24, -400 * 24].map { .seconds($0 * 3_600) }

    private func upkeep(
        of bench: QueueBench, schedules: [Schedule] = [], live: Set<String> = []
    ) -> JobMaintenance {
        JobMaintenance(queue: bench.queue, schedules: schedules, liveWorkers: { live }, logger: .quiet)
    }

    @Test(arguments: hours) func aWorkerThatLivesFinishesWhatItHasBegun(step: Duration) async throws {
        let bench = try await WorkerPoolBench()
        let gate = TestGate()
        let pool = bench.pool([
            "k": { lease, _ in
                try await gate.pass()
                // A step in the middle of an attempt.
                try await bench.queue.queue.write(under: lease) { _ in }
                return JobOutcome(result: "done")
            }
        ])
        try await bench.run(pool) {
            let jobID = try await bench.queue.add()
            try await eventually("the attempt runs") { gate.arrivals == 1 }
            bench.queue.clock.advance(by: step)
            for _ in 0..<3 { try await upkeep(of: bench.queue, live: ["w"]).maintain(prunes: false) }
            gate.open()
            try await bench.wait(for: jobID, toBe: .completed)
            let job = try await bench.queue.job(jobID)
            #expect(job.result == "done" && job.attempt == 1)
            #expect(gate.arrivals == 1, "it was not begun again")
        }
    }

    @Test(arguments: hours) func leasesOfAnEarlierServerComeBackWithTheNextStart(step: Duration) async throws {
        let whole = try await WorkerPoolBench()
        // Its folder holds the database.
        defer { withExtendedLifetime(whole) {} }
        let bench = whole.queue
        let jobs = [try await bench.add(), try await bench.add()]
        _ = try await bench.lease(by: "host-1-1", limit: 1)
        // Of a machine that had another name, as a container has before each start.
        _ = try await bench.lease(by: "other-1-2", limit: 1)
        bench.clock.advance(by: step)
        #expect(try await bench.queue.releaseAllWorkers() == 2, "at once, before any round of the upkeep")
        for jobID in jobs {
            let job = try await bench.job(jobID)
            #expect(job.status == .pending && job.attempt == 0)
        }
        let leases = try await bench.lease(by: "host-2-1")
        #expect(Set(leases.map(\.jobID)) == Set(jobs) && leases.map(\.crashes) == [0, 0])
    }

    @Test(arguments: hours) func aRetryWaitsNoLongerThanItsBackOff(step: Duration) async throws {
        let whole = try await WorkerPoolBench()
        // Its folder holds the database.
        defer { withExtendedLifetime(whole) {} }
        let bench = whole.queue
        let jobID = try await bench.add()
        _ = try await bench.fail(bench.lease()[0], .transient)
        let pause = try await bench.job(jobID).runAt - bench.clock.now()
        #expect(pause > 0)
        bench.clock.advance(by: step)
        try await upkeep(of: bench).maintain(prunes: false)
        bench.clock.advance(by: .milliseconds(pause))
        #expect(try await bench.lease().map(\.jobID) == [jobID])
    }

    @Test func aClockThatGoesBackHoldsUpNoneOfManyJobs() async throws {
        let whole = try await WorkerPoolBench()
        // Its folder holds the database.
        defer { withExtendedLifetime(whole) {} }
        let bench = whole.queue
        let count = 2 * Limits.leaseBatch + 7
        try await bench.store.write { db in
            for _ in 0..<count { try bench.queue.enqueue(QueueBench.request(), in: db) }
        }
        bench.clock.advance(by: .seconds(-5 * 3_600))
        #expect(try await bench.lease().isEmpty, "they would wait for five hours")
        try await upkeep(of: bench).maintain(prunes: false)
        var leased = 0
        while case let leases = try await bench.lease(limit: Limits.leaseBatch), !leases.isEmpty {
            leased += leases.count
        }
        #expect(leased == count, "one round is enough for all of them")
    }

    @Test(arguments: hours) func aScheduleGoesOnWithinItsInterval(step: Duration) async throws {
        let whole = try await WorkerPoolBench()
        // Its folder holds the database.
        defer { withExtendedLifetime(whole) {} }
        let bench = whole.queue
        let schedule = Schedule(name: "s", interval: .seconds(60), request: QueueBench.request("scheduled"))
        func count() async throws -> Int {
            try await bench.list(.init(kind: "scheduled", page: .first(100))).items.count
        }
        let upkeep = upkeep(of: bench, schedules: [schedule])
        try await upkeep.maintain(prunes: false)
        bench.clock.advance(by: step)
        for _ in 0..<3 { try await upkeep.maintain(prunes: false) }
        #expect(try await count() == 1, "the step makes up for no more than one")
        bench.clock.advance(by: .seconds(60))
        try await upkeep.maintain(prunes: false)
        #expect(try await count() == 2)
    }

    @Test(arguments: hours) func aTimeThatWasAskedForComesNoLaterThanItWasAway(step: Duration) async throws {
        let whole = try await WorkerPoolBench()
        // Its folder holds the database.
        defer { withExtendedLifetime(whole) {} }
        let bench = whole.queue
        let wait = Duration.seconds(2 * 3_600)
        let jobID = try await bench.add(QueueBench.request(runAt: bench.clock.now() + wait.milliseconds))
        bench.clock.advance(by: step)
        try await upkeep(of: bench).maintain(prunes: false)
        if step < .zero { #expect(try await bench.lease().isEmpty, "the clock does not show it") }
        bench.clock.advance(by: wait)
        #expect(try await bench.lease().map(\.jobID) == [jobID])
    }
}

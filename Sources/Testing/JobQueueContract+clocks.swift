import HearthCore
import HearthJobs

extension JobQueueContract {
    static let clocks = [
        Promise("a clock that goes back delays no job that was to run at once", check: runsAtOnce),
        Promise("a clock that goes back makes a back-off no longer than it was", check: keepsBackoffs),
        Promise("a time that was asked for is waited for, however far it is", check: keepsRequestedTimes),
        Promise("a lease that was written when the clock was ahead runs out", check: endsLeasesOfAWrongClock),
    ]

    private static func runsAtOnce(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        // As a machine starts whose clock is set a moment later.
        bench.clock.advance(by: .seconds(400 * 24 * 3_600))
        let jobs = [
            try await bench.add(), try await bench.add(QueueBench.request("released")),
            try await bench.add(QueueBench.request("other", lane: .media)),
        ]
        _ = try await bench.fail(bench.lease(kinds: ["released"])[0], .released)
        bench.clock.advance(by: .seconds(-400 * 24 * 3_600))
        try promise(try await bench.lease(kinds: ["k", "released"]).count, is: 0, "leases before it is corrected")
        let rings = bench.signal.ringCount
        try promise(try await bench.queue.correctTimes(), is: 3, "jobs that are corrected")
        try promise(bench.signal.ringCount, is: rings + 1, "workers are told once")
        try promise(try await bench.lease(kinds: ["k", "released"]).count, is: 2, "leases afterwards")
        try promise(try await bench.lease(kinds: ["other"], lane: .media).map(\.jobID), is: [jobs[2]], "the other lane")
        try promise(try await bench.queue.correctTimes(), is: 0, "jobs that are corrected twice")
    }

    private static func keepsBackoffs(_ store: any Store) async throws {
        let bench = try await QueueBench(
            store, policy: RetryPolicy(Backoff(first: .seconds(100), longest: .seconds(100))))
        bench.clock.advance(by: .seconds(3_600))
        let jobID = try await bench.add()
        _ = try await bench.fail(bench.lease()[0], .transient)
        bench.clock.advance(by: .seconds(-3_600))
        try promise(try await bench.queue.correctTimes(), is: 1, "jobs that are corrected")
        // Without chance a back-off is half of the full one.
        let end = bench.clock.now() + 50_000
        try promise(try await bench.job(jobID).runAt, is: end, "the end of the back-off")
        bench.clock.advance(by: .seconds(20))
        try promise(try await bench.queue.correctTimes(), is: 0, "jobs that are corrected twice")
        try promise(try await bench.job(jobID).runAt, is: end, "the end of the back-off, later")
        bench.clock.advance(by: .seconds(30))
        try promise(try await bench.lease().map(\.jobID), is: [jobID], "leases when it is over")
    }

    private static func keepsRequestedTimes(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let time = bench.clock.now() + Duration.seconds(400 * 24 * 3_600).milliseconds
        let jobID = try await bench.add(QueueBench.request(runAt: time))
        bench.clock.advance(by: .seconds(3_600))
        try promise(try await bench.queue.correctTimes(), is: 0, "jobs that are corrected")
        try promise(try await bench.job(jobID).runAt, is: time, "the time that was asked for")
    }

    private static func endsLeasesOfAWrongClock(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        bench.clock.advance(by: .seconds(3_600))
        let jobID = try await bench.add()
        _ = try await bench.lease(by: "dead")
        bench.clock.advance(by: .seconds(-3_600))
        try promise(try await bench.queue.rescue(sparing: ["dead"]), is: 0, "rescues from a worker that lives")
        try promise(try await bench.queue.rescue(), is: 1, "rescues from one that is not known")
        let job = try await bench.job(jobID)
        try promise(job.status, is: .pending, "state")
        try promise(job.attempt, is: 0, "attempts")
    }
}

import HearthCore
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthJobs

/// The upkeep of the queue: rescue, schedules, pruning.
@Suite(.timeLimit(.minutes(3))) struct JobMaintenanceTests {
    private let folder: TemporaryFolder
    private let bench: QueueBench

    init() async throws {
        folder = try TemporaryFolder(.memory)
        bench = try await QueueBench(SQLiteStore(path: folder.file("jobs.db")))
    }

    private func upkeep(_ schedules: [Schedule] = []) -> JobMaintenance {
        JobMaintenance(queue: bench.queue, schedules: schedules, logger: .quiet)
    }

    private func schedule(every interval: Duration, name: String = "upkeep") -> Schedule {
        Schedule(name: name, interval: interval, request: QueueBench.request("scheduled"))
    }

    private func scheduledJobs() async throws -> Int {
        try await bench.list(.init(kind: "scheduled", page: .first(100))).items.count
    }

    @Test func jobsOfALostWorkerComeBackWhenTheirLeasesHaveRunOut() async throws {
        let jobID = try await bench.add()
        _ = try await bench.lease()
        bench.clock.advance(by: Limits.lease)
        try await upkeep().maintain(prunes: false)
        #expect(try await bench.job(jobID).status == .inProgress, "the lease still holds")
        bench.clock.advance(by: .milliseconds(1))
        let rings = bench.signal.ringCount
        try await upkeep().maintain(prunes: false)
        #expect(try await bench.job(jobID).status == .pending)
        #expect(bench.signal.ringCount == rings + 1, "workers are told")
    }

    @Test func aWorkerOfThisFrontThatLivesKeepsItsJobsHoweverLateItIs() async throws {
        let jobID = try await bench.add()
        _ = try await bench.lease(by: "own")
        bench.clock.advance(by: .seconds(3_600))
        let live = Locked<Set<String>>(["own"])
        let upkeep = JobMaintenance(
            queue: bench.queue, schedules: [], liveWorkers: { live.withLock { $0 } }, logger: .quiet)
        try await upkeep.maintain(prunes: false)
        #expect(try await bench.job(jobID).status == .inProgress, "the machine was suspended, for example")
        live.withLock { $0 = [] }
        try await upkeep.maintain(prunes: false)
        #expect(try await bench.job(jobID).status == .pending)
        #expect(try await bench.lease().map(\.crashes) == [0], "nobody saw it crash")
    }

    @Test func whoHasTooManyUnfinishedJobsGetsNoMoreUntilSomeHaveEnded() async throws {
        _ = try await bench.add()
        _ = try await bench.add()
        try await bench.queue.countUnfinished(limit: 3)
        _ = try await bench.add()
        try await bench.queue.countUnfinished(limit: 3)
        let error = await #expect(throws: HearthError.self) { try await bench.add() }
        #expect(error?.code == .overloaded)
        _ = try await bench.complete(bench.lease()[0])
        try await bench.queue.countUnfinished(limit: 3)
        _ = try await bench.add()
    }

    @Test func jobsOfAnOperationThatHasChangedItsLaneMoveThere() async throws {
        let moved = try await bench.add(QueueBench.request("moved", lane: .media))
        let running = try await bench.add(QueueBench.request("moved", lane: .media, priority: 1))
        let other = try await bench.add(QueueBench.request("other", lane: .media))
        let ended = try await bench.add(QueueBench.request("ended", lane: .media))
        _ = try await bench.complete(bench.lease(kinds: ["ended"], lane: .media)[0])
        _ = try await bench.lease(kinds: ["moved"], lane: .media, limit: 1)
        let upkeep = JobMaintenance(
            queue: bench.queue, schedules: [], lanes: ["moved": .upkeep, "other": .media, "ended": .upkeep],
            logger: .quiet)
        for _ in 0..<2 { try await upkeep.correctLanes() }
        for (jobID, lane) in [(moved, "upkeep"), (running, "upkeep"), (other, "media"), (ended, "media")] {
            #expect(try await bench.job(jobID).lane == lane)
        }
        #expect(try await bench.lease(kinds: ["moved"], lane: .upkeep).map(\.jobID) == [moved])
    }

    @Test func oldHistoryGoesOnlyWhenPruningIsDue() async throws {
        let jobID = try await bench.add()
        _ = try await bench.complete(bench.lease()[0])
        bench.clock.advance(by: Limits.jobHistory + .milliseconds(1))
        try await upkeep().maintain(prunes: false)
        #expect(try await bench.job(jobID).status == .completed)
        try await upkeep().maintain(prunes: true)
        #expect(try await bench.list(.init(page: .first(9))).items.isEmpty)
    }

    @Test func historyOfMoreThanOneBatchGoesInOneRound() async throws {
        try await bench.store.write { [bench] db in
            for _ in 0..<2_100 { try bench.queue.enqueue(QueueBench.request(), in: db) }
        }
        while true {
            let leases = try await bench.lease(limit: 256)
            if leases.isEmpty { break }
            let now = bench.clock.now()
            try await bench.store.write { [bench] db in
                for lease in leases { _ = try bench.table.complete(lease, result: nil, in: db, now: now) }
            }
        }
        bench.clock.advance(by: Limits.jobHistory + .milliseconds(1))
        let young = try await bench.add()
        try await upkeep().maintain(prunes: true)
        #expect(try await bench.list(.init(page: .first(9))).items.map(\.jobID) == [young])
    }

    @Test func itWorksRoundAfterRoundUntilItIsCancelled() async throws {
        let jobID = try await bench.add()
        _ = try await bench.lease()
        bench.clock.advance(by: Limits.lease + .milliseconds(1))
        let upkeep = upkeep()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await upkeep.run() }
            try await eventually("the job is back") { try await bench.job(jobID).status == .pending }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test func aScheduleThatIsNewWaitsForItsTimeAndThenRunsOnce() async throws {
        let upkeep = upkeep([schedule(every: .seconds(60))])
        try await upkeep.maintain(prunes: false)
        #expect(try await scheduledJobs() == 0, "it has only been noted")
        bench.clock.advance(by: .milliseconds(59_999))
        try await upkeep.maintain(prunes: false)
        #expect(try await scheduledJobs() == 0)
        bench.clock.advance(by: .milliseconds(1))
        for _ in 0..<3 { try await upkeep.maintain(prunes: false) }
        #expect(try await scheduledJobs() == 1)
        bench.clock.advance(by: .seconds(60))
        try await upkeep.maintain(prunes: false)
        #expect(try await scheduledJobs() == 2)
    }

    @Test func aScheduleThatWasNotedWhenTheClockWasAheadWaitsForItsIntervalAtMost() async throws {
        let upkeep = upkeep([schedule(every: .seconds(60))])
        bench.clock.advance(by: .seconds(400 * 24 * 3_600))
        try await upkeep.maintain(prunes: false)
        bench.clock.advance(by: .seconds(-400 * 24 * 3_600))
        for _ in 0..<3 { try await upkeep.maintain(prunes: false) }
        #expect(try await scheduledJobs() == 1, "it is due, once")
        bench.clock.advance(by: .seconds(60))
        try await upkeep.maintain(prunes: false)
        #expect(try await scheduledJobs() == 2, "it goes on in its rhythm")
    }

    @Test func frontsWhoseClocksDifferALittleEnqueueAPointInTimeOnce() async throws {
        let upkeep = upkeep([schedule(every: .seconds(60))])
        try await upkeep.maintain(prunes: false)
        bench.clock.advance(by: .seconds(60))
        try await upkeep.maintain(prunes: false)
        bench.clock.advance(by: .zero - Limits.clockSkew)
        try await upkeep.maintain(prunes: false)
        #expect(try await scheduledJobs() == 1)
    }

    @Test func jobsOfATimeWhenTheClockWasAheadRunInTheNextRound() async throws {
        bench.clock.advance(by: .seconds(3_600))
        let jobID = try await bench.add()
        bench.clock.advance(by: .seconds(-3_600))
        try await upkeep().maintain(prunes: false)
        #expect(try await bench.lease().map(\.jobID) == [jobID])
    }

    @Test func timesThatWereMissedAreMadeUpForOnce() async throws {
        let upkeep = upkeep([schedule(every: .seconds(600))])
        try await upkeep.maintain(prunes: false)
        bench.clock.advance(by: .seconds(24 * 3_600))
        for _ in 0..<3 { try await upkeep.maintain(prunes: false) }
        #expect(try await scheduledJobs() == 1)
        bench.clock.advance(by: .seconds(600))
        try await upkeep.maintain(prunes: false)
        #expect(try await scheduledJobs() == 2, "it goes on in its rhythm")
    }

    @Test func manyFrontsEnqueueAPointInTimeOnce() async throws {
        let schedules = [schedule(every: .seconds(60)), schedule(every: .seconds(120), name: "other")]
        try await upkeep(schedules).maintain(prunes: false)
        for _ in 0..<4 {
            bench.clock.advance(by: .seconds(60))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    let upkeep = upkeep(schedules)
                    group.addTask { try await upkeep.maintain(prunes: false) }
                }
                try await group.waitForAll()
            }
        }
        #expect(try await scheduledJobs() == 4 + 2)
    }

    @Test func aScheduleThatWasChangedFollowsItsNewTimes() async throws {
        try await upkeep([schedule(every: .seconds(60))]).maintain(prunes: false)
        bench.clock.advance(by: .seconds(3_600))
        let changed = upkeep([schedule(every: .seconds(400 * 24 * 3_600))])
        try await changed.maintain(prunes: false)
        #expect(try await scheduledJobs() == 0, "the old times no longer count")
        bench.clock.advance(by: .seconds(24 * 3_600))
        try await changed.maintain(prunes: false)
        #expect(try await scheduledJobs() == 0)
        bench.clock.advance(by: .seconds(400 * 24 * 3_600))
        try await changed.maintain(prunes: false)
        #expect(try await scheduledJobs() == 1)
    }
}

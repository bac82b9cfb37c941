import HearthCore
import HearthSQLite
import HearthTesting
import Testing

@testable import HearthJobs

/// Who follows a job sees every event once, from any number on, until the job has ended.
@Suite(.timeLimit(.minutes(3))) struct EventHubTests {
    private let folder: TemporaryFolder
    private let bench: QueueBench

    init() async throws {
        folder = try TemporaryFolder(.memory)
        bench = try await QueueBench(SQLiteStore(path: folder.file("jobs.db")))
    }

    private func hub() -> EventHub {
        EventHub(store: bench.store, table: bench.table, signal: bench.signal, logger: .quiet)
    }

    /// Runs a hub beside the body and cancels it after.
    private func withHub(_ body: (EventHub) async throws -> Void) async throws {
        let hub = hub()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await hub.run() }
            try await body(hub)
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(hub.listenerCount == 0)
    }

    private func report(_ lease: JobLease, _ step: Int) async throws {
        let report = ProgressReport(stage: "s", overall: 0.5, step: step)
        #expect(try await bench.progress(lease, report))
        bench.signal.ring()
    }

    private func end(_ lease: JobLease) async throws {
        #expect(try await bench.complete(lease))
        bench.signal.ring()
    }

    private func numbers(_ events: JobEventSequence) async throws -> [Int] {
        try await events.reduce(into: []) { $0.append($1.number) }
    }

    @Test func theLogIsReplayedAndThenFollowedToItsEnd() async throws {
        let jobID = try await bench.add()
        let lease = try await bench.lease()[0]
        try await withHub { hub in
            let follower = try hub.events(of: jobID, since: 0, tenant: .local)
            var events = follower.makeAsyncIterator()
            var seen: [JobEvent] = []
            for _ in 0..<2 { seen.append(try #require(await events.next())) }
            for step in 1...5 {
                try await report(lease, step)
                seen.append(try #require(await events.next()))
            }
            try await end(lease)
            while let event = try await events.next() { seen.append(event) }
            #expect(seen.map(\.number) == Array(1...8))
            #expect(seen.map(\.step) == [nil, nil, 1, 2, 3, 4, 5, nil])
            #expect(seen.last?.status == .completed)
            #expect(try await events.next() == nil, "it stays ended")
        }
    }

    @Test(arguments: 0...6) func oneGoesOnFromAnyNumber(number: Int) async throws {
        let jobID = try await bench.add()
        let lease = try await bench.lease()[0]
        for step in 1...2 { try await report(lease, step) }
        try await withHub { hub in
            async let seen = numbers(try hub.events(of: jobID, since: number, tenant: .local))
            try await end(lease)
            #expect(try await seen == (number < 5 ? Array(number + 1...5) : []))
        }
    }

    @Test func aJobThatHasEndedOrNeverWasEndsAtOnce() async throws {
        let jobID = try await bench.add()
        try await end(bench.lease()[0])
        try await withHub { hub in
            for (followed, since, expected) in [(jobID, 0, [1, 2, 3]), (jobID, 3, []), ("none", 0, [])] {
                let events = try hub.events(of: followed, since: since, tenant: .local)
                #expect(try await numbers(events) == expected)
            }
        }
    }

    @Test func aJobThatIsTriedAgainIsFollowedThroughItsFirstEnd() async throws {
        let jobID = try await bench.add()
        _ = try await bench.fail(bench.lease()[0], .permanent)
        _ = try await bench.queue.retry(jobID, of: .local)
        let lease = try await bench.lease()[0]
        try await withHub { hub in
            async let seen = numbers(try hub.events(of: jobID, since: 0, tenant: .local))
            try await end(lease)
            #expect(try await seen == Array(1...6))
        }
    }

    @Test func aFirstEndThatFillsAPageIsNotTakenForTheLast() async throws {
        let jobID = try await bench.add()
        let first = try await bench.lease()[0]
        let now = bench.clock.now()
        try await bench.store.write { [bench] db in
            for step in 0..<Limits.eventPage - 3 {
                let report = ProgressReport(stage: "s", overall: 0.5, step: step)
                _ = try bench.table.progress(first, report, in: db, now: now)
            }
        }
        #expect(try await bench.fail(first, .permanent))
        #expect(try await bench.job(jobID).lastEvent == Limits.eventPage)
        _ = try await bench.queue.retry(jobID, of: .local)
        try await end(bench.lease()[0])
        try await withHub { hub in
            let events = try hub.events(of: jobID, since: 0, tenant: .local)
            #expect(try await numbers(events) == Array(1...Limits.eventPage + 3))
        }
    }

    @Test func aSlowListenerLosesNothing() async throws {
        let jobID = try await bench.add()
        let lease = try await bench.lease()[0]
        let steps = 2 * Limits.eventPage + 10
        let now = bench.clock.now()
        try await withHub { hub in
            let follower = try hub.events(of: jobID, since: 0, tenant: .local)
            var events = follower.makeAsyncIterator()
            #expect(try await events.next()?.number == 1)
            // All of this happens while the listener does not look.
            for chunk in stride(from: 0, to: steps, by: 500) {
                try await bench.store.write { [bench] db in
                    for step in chunk..<min(chunk + 500, steps) {
                        let report = ProgressReport(stage: "s", overall: 0.5, step: step)
                        _ = try bench.table.progress(lease, report, in: db, now: now)
                    }
                }
                bench.signal.ring()
            }
            try await end(lease)
            var seen: [Int] = []
            while let event = try await events.next() { seen.append(event.number) }
            #expect(seen == Array(2...steps + 3))
        }
    }

    @Test func manyListenersOfManyJobsSeeTheirOwnEventsOnly() async throws {
        var jobs: [String] = []
        for _ in 0..<8 { jobs.append(try await bench.add()) }
        let leases = try await bench.lease()
        try await withHub { hub in
            try await withThrowingTaskGroup(of: (String, [JobEvent]).self) { group in
                for jobID in jobs + jobs {
                    let events = try hub.events(of: jobID, since: 0, tenant: .local)
                    group.addTask { (jobID, try await events.reduce(into: []) { $0.append($1) }) }
                }
                for step in 1...10 {
                    for lease in leases { try await report(lease, step) }
                }
                for lease in leases { try await end(lease) }
                for try await (jobID, events) in group {
                    #expect(events.map(\.number) == Array(1...13))
                    #expect(events.allSatisfy { $0.jobID == jobID })
                }
            }
        }
    }

    @Test func signalsThatAreLostCostOnlyTime() async throws {
        let jobID = try await bench.add()
        let lease = try await bench.lease()[0]
        bench.signal.mute()
        try await withHub { hub in
            async let seen = numbers(try hub.events(of: jobID, since: 0, tenant: .local))
            try await report(lease, 1)
            try await end(lease)
            #expect(try await seen == [1, 2, 3, 4])
        }
    }

    @Test func tooManyListenersAreRefusedUntilOneLeaves() async throws {
        let jobID = try await bench.add()
        let hub = hub()
        var listeners = try (0..<Limits.eventListeners).map { number in
            try hub.events(of: jobID, since: 0, tenant: Tenant(rawValue: "t\(number % 10)"))
        }
        #expect(hub.listenerCount == Limits.eventListeners)
        let error = #expect(throws: HearthError.self) { try hub.events(of: jobID, since: 0, tenant: .local) }
        #expect(error?.code == .overloaded)
        #expect(error?.retryAfter != nil)
        listeners.removeLast()
        #expect(hub.listenerCount == Limits.eventListeners - 1)
        listeners.append(try hub.events(of: jobID, since: 0, tenant: .local))
        listeners = []
        #expect(hub.listenerCount == 0)
    }

    @Test func oneTenantKeepsNoOtherFromListening() async throws {
        let jobID = try await bench.add()
        let (hub, other) = (hub(), Tenant(rawValue: "other"))
        var listeners = try (0..<Limits.tenantEventListeners).map { _ in
            try hub.events(of: jobID, since: 0, tenant: other)
        }
        #expect(throws: HearthError.self) { try hub.events(of: jobID, since: 0, tenant: other) }
        listeners.append(try hub.events(of: jobID, since: 0, tenant: .local))
        listeners.removeFirst()
        listeners.append(try hub.events(of: jobID, since: 0, tenant: other))
        #expect(hub.listenerCount == Limits.tenantEventListeners + 1)
        listeners = []
        #expect(hub.listenerCount == 0)
    }

    @Test func aListenerThatIsCancelledLeaves() async throws {
        let jobID = try await bench.add()
        try await withHub { hub in
            let seen = Locked<[Int]>([])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for try await event in try hub.events(of: jobID, since: 0, tenant: .local) {
                        seen.withLock { $0.append(event.number) }
                    }
                }
                try await eventually("it has seen what there is") { seen.withLock { $0 } == [1] }
                group.cancelAll()
            }
            try await eventually("it is gone") { hub.listenerCount == 0 }
        }
    }

    @Test func aHubThatClosesEndsItsStreams() async throws {
        let jobID = try await bench.add()
        let hub = hub()
        let seen = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await hub.run() }
            async let seen = numbers(try hub.events(of: jobID, since: 0, tenant: .local))
            try await eventually("it listens") { hub.listenerCount == 1 }
            group.cancelAll()
            try await group.waitForAll()
            return try await seen
        }
        #expect(seen == [1], "what is in the log is still given")
        let late = try hub.events(of: jobID, since: 0, tenant: .local)
        #expect(try await numbers(late) == [1], "who comes later gets the log and the end")
    }
}

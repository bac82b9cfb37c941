import HearthCore
import HearthJobs

extension JobQueueContract {
    static let listing = [
        Promise("a list goes page by page through a tenant's jobs, newest first", check: pages),
        Promise("jobs that come meanwhile disturb no list", check: pagesWhileJobsCome),
        Promise("a list is narrowed by state and kind", check: filters),
        Promise("the log is read on from any number", check: readsLog),
        Promise("what has changed after a position is told", check: tellsChanges),
        Promise("jobs are counted by lane and state", check: counts),
        Promise("old history goes, unfinished jobs stay", check: prunesByAge),
        Promise("the first and the last events of a job are kept", check: boundsEvents),
        Promise("what waits for something outside is looked at less and less often", check: growsOutages),
        Promise("the events of a job go before it, a bounded number at a time", check: prunesEventsFirst),
        Promise("history beyond its count goes, oldest first", check: prunesByCount),
    ]

    /// All pages of a list, one after the other.
    private static func pages(
        of bench: QueueBench, limit: Int, between: () async throws -> Void = {}
    ) async throws -> [[String]] {
        var pages: [[String]] = []
        var cursor: String?
        repeat {
            let page = try await bench.list(.init(page: try PageRequest(cursor: cursor, limit: limit)))
            pages.append(page.items.map(\.jobID))
            cursor = page.nextCursor
            try await between()
        } while cursor != nil
        return pages
    }

    private static func pages(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        var jobs: [String] = []
        for number in 0..<6 {
            jobs.append(try await bench.add())
            try await bench.add(QueueBench.request(tenant: Tenant(rawValue: "other")))
            if number.isMultiple(of: 2) { bench.clock.advance(by: .milliseconds(1)) }
        }
        let newestFirst = Array(jobs.reversed())
        try promise(
            try await pages(of: bench, limit: 4), is: [Array(newestFirst[..<4]), Array(newestFirst[4...])], "pages")
        try promise(try await pages(of: bench, limit: 6), is: [newestFirst], "a page that holds just all")
        try promise(try await pages(of: bench, limit: 1), is: newestFirst.map { [$0] }, "pages of one")
        let empty = try await bench.list(.init(page: .first(3)), of: Tenant(rawValue: "without-jobs"))
        try promise(empty.items.isEmpty && empty.nextCursor == nil, "a tenant without jobs has an empty page")
        try await promiseRefusal(.notFound, "another tenant's job") {
            _ = try await bench.job(jobs[0], of: Tenant(rawValue: "other"))
        }
    }

    private static func pagesWhileJobsCome(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        var jobs: [String] = []
        for _ in 0..<7 { jobs.append(try await bench.add()) }
        let listed = try await pages(of: bench, limit: 2) { try await bench.add() }
        try promise(listed.flatMap(\.self), is: Array(jobs.reversed()), "the jobs that were there at the first page")
    }

    private static func filters(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let a = try await bench.add(QueueBench.request("a"))
        let b = try await bench.add(QueueBench.request("b"))
        _ = try await bench.lease(kinds: ["a"])
        func ids(_ filter: JobTable.Filter) async throws -> [String] { try await bench.list(filter).items.map(\.jobID) }
        try promise(try await ids(.init(kind: "b", page: .first(9))), is: [b], "of a kind")
        try promise(try await ids(.init(state: .inProgress, page: .first(9))), is: [a], "of a state")
        try promise(try await ids(.init(state: .pending, kind: "a", page: .first(9))), is: [], "of both")
        try promise(try await ids(.init(page: .first(9))), is: [b, a], "of all")
    }

    private static func readsLog(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let jobID = try await bench.add()
        let lease = try await bench.lease()[0]
        for step in 1...4 {
            _ = try await bench.progress(lease, ProgressReport(stage: "s", overall: 0.1 * Double(step), step: step))
        }
        for number in 0...7 {
            let numbers = try await bench.events(jobID, since: number).map(\.number)
            try promise(numbers, is: number < 6 ? Array(number + 1...6) : [], "numbers after \(number)")
        }
        let page = try await store.read { db in try bench.table.events(jobID, since: 1, limit: 2, in: db) }
        try promise(page.map(\.number), is: [2, 3], "numbers of a short page")
        try promise(try await !store.read { db in try bench.table.isOver(jobID, in: db) }, "the job goes on")
        _ = try await bench.complete(lease)
        try promise(try await store.read { db in try bench.table.isOver(jobID, in: db) }, "the job is over")
        try promise(try await store.read { db in try bench.table.isOver("none", in: db) }, "no job is over, too")
    }

    private static func tellsChanges(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let empty = try await store.read { db in try bench.table.newestPosition(in: db) }
        let first = try await bench.add()
        let middle = try await store.read { db in try bench.table.newestPosition(in: db) }
        let second = try await bench.add()
        let all = try await store.read { db in try bench.table.changes(after: empty, in: db) }
        try promise(all.jobs, is: [first, second], "jobs since the beginning")
        let later = try await store.read { db in try bench.table.changes(after: middle, in: db) }
        try promise(later.jobs, is: [second], "jobs since the middle")
        try promise(later.position, is: all.position, "the newest position")
        let none = try await store.read { db in try bench.table.changes(after: later.position, in: db) }
        try promise(none.jobs.isEmpty && none.position == later.position, "nothing since the end")
    }

    private static func counts(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        for _ in 0..<3 { try await bench.add() }
        try await bench.add(QueueBench.request(lane: .media))
        _ = try await bench.lease(limit: 1)
        let depths = try await store.read { db in
            try bench.table.depths(in: db).map { "\($0.lane) \($0.state) \($0.count)" }
        }
        try promise(depths, is: ["embed in_progress 1", "embed pending 2", "media pending 1"], "depths")
    }

    private static func prunesByAge(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let old = try await bench.add()
        _ = try await bench.complete(bench.lease()[0])
        let waiting = try await bench.add()
        bench.clock.advance(by: Limits.jobHistory)
        let young = try await bench.add(QueueBench.request("young"))
        _ = try await bench.complete(bench.lease(kinds: ["young"])[0])
        bench.clock.advance(by: .milliseconds(1))
        let now = bench.clock.now()
        let pruned = try await store.read { db in try bench.table.prunable(in: db, now: now) }
        try promise(pruned, is: [old], "jobs that go")
        try await store.write { db in try bench.table.prune(pruned, in: db) }
        try promise(
            try await bench.list(.init(page: .first(9))).items.map(\.jobID), is: [young, waiting], "jobs that stay")
        try promise(try await bench.events(old).count, is: 0, "events of the job that went")
        try promise(try await bench.events(young).count, is: 3, "events of a job that stays")
    }

    private static func boundsEvents(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let job = try await bench.add()
        let lease = try await bench.lease()[0]
        let now = bench.clock.now()
        let last = Limits.jobEvents + 30
        try await store.write { db in
            for _ in 2..<last {
                _ = try bench.table.progress(lease, ProgressReport(stage: "s", overall: 0), in: db, now: now)
            }
        }
        let events = try await store.read { db in
            try bench.table.events(job, since: 0, limit: Limits.jobEvents + 9, in: db)
        }
        try promise(events.map(\.number), is: [1] + Array(last - Limits.jobEvents + 2...last), "events that are kept")
        try promise(try await bench.job(job).lastEvent, is: last, "the number of the last event")
    }

    /// An attempt that commits a step is at work: what it waited for before counts no more.
    private static func growsOutages(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let job = try await bench.add()
        func pause(afterStep: Bool = false) async throws -> Int64 {
            bench.clock.advance(to: try await bench.job(job).runAt)
            let lease = try await bench.lease()[0]
            if afterStep { try await bench.queue.write(under: lease) { _ in } }
            let now = bench.clock.now()
            let outage = JobFailure(kind: .infrastructure, code: "c", message: "m")
            _ = try await store.write { db in try bench.table.fail(lease, outage, in: db, now: now) }
            return try await bench.job(job).runAt - now
        }
        var pauses: [Int64] = []
        for _ in 0..<9 { pauses.append(try await pause()) }
        let expected: [Int64] = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]
        try promise(pauses, is: expected, "pauses, each half of its longest because there is no jitter")
        try promise(try await pause(afterStep: true), is: 500, "the pause after an attempt that was at work")
    }

    private static func prunesEventsFirst(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let job = try await bench.add()
        let lease = try await bench.lease()[0]
        let count = Limits.stepItems + 20
        let begun = bench.clock.now()
        try await store.write { db in
            for _ in 0..<count {
                _ = try bench.table.progress(lease, ProgressReport(stage: "s", overall: 0), in: db, now: begun)
            }
        }
        _ = try await bench.complete(lease)
        bench.clock.advance(by: Limits.jobHistory + .milliseconds(1))
        let now = bench.clock.now()
        let pruned = try await store.read { db in try bench.table.prunable(in: db, now: now) }
        for (left, step) in [(count + 3 - Limits.stepItems, "the first step"), (0, "the second step")] {
            try await store.write { db in try bench.table.prune(pruned, in: db) }
            try promise(try await bench.events(job).count, is: left, "events after \(step)")
            try promise(
                try await bench.list(.init(page: .first(9))).items.count, is: left == 0 ? 0 : 1, "jobs after \(step)")
        }
    }

    private static func prunesByCount(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        var jobs: [String] = []
        for _ in 0..<8 {
            jobs.append(try await bench.add())
            _ = try await bench.complete(bench.lease()[0])
            bench.clock.advance(by: .milliseconds(1))
        }
        let waiting = try await bench.add()
        let now = bench.clock.now()
        func prune() async throws -> Int {
            let jobs = try await store.read { db in
                try bench.table.prunable(in: db, now: now, count: 3, limit: 4)
            }
            try await store.write { db in try bench.table.prune(jobs, in: db) }
            return jobs.count
        }
        try promise(try await prune(), is: 4, "jobs that went in one batch")
        try promise(try await prune(), is: 1, "jobs that went in the next")
        try promise(try await prune(), is: 0, "jobs that went after that")
        let left = try await bench.list(.init(page: .first(9))).items.map(\.jobID)
        try promise(left, is: [waiting] + jobs[5...].reversed(), "jobs that stay")
    }
}

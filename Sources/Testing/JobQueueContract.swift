package import HearthCore
import HearthJSON
import HearthJobs

/// What the queue promises on every database; each promise wants a store without tables.
package enum JobQueueContract {
    package typealias Promise = ContractPromise<any Store>

    /// All of them.
    package static let promises: [Promise] = enqueueing + leasing + clocks + ends + subjects + listing

    static let enqueueing = [
        Promise("a job commits with the rows it is about, or not at all", check: enqueuesWithRows),
        Promise("workers are rung after the commit, and never for what was undone", check: ringsAfterCommit),
        Promise("an unfinished job with the same key takes the place of a second one", check: keepsKeysUnique),
        Promise("many who enqueue under one key at once make one job", check: keepsKeysUniqueAmongMany),
        Promise("an input that is too long is refused", check: boundsInput),
        Promise("the first event of a job is written with it", check: writesFirstEvent),
    ]

    struct Refusal: Error {}

    private static func enqueuesWithRows(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        try await store.run("CREATE TABLE items (name TEXT PRIMARY KEY)")
        do {
            _ = try await store.write { db in
                try db.execute("INSERT INTO items (name) VALUES ('a')")
                try bench.queue.enqueue(QueueBench.request(), in: db)
                throw Refusal()
            }
        } catch is Refusal {}
        try promise(try await bench.list(.init(page: .first(10))).items.count, is: 0, "jobs of a write that was undone")
        let jobID = try await store.write { db in
            try db.execute("INSERT INTO items (name) VALUES ('a')")
            return try bench.queue.enqueue(QueueBench.request(), in: db).jobID
        }
        let rows = try await store.read { db in try db.query("SELECT name FROM items").count }
        try promise(rows, is: 1, "rows beside the job")
        try promise(try await bench.job(jobID).status, is: .pending, "the job beside the rows")
    }

    private static func ringsAfterCommit(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let during = try await store.write { db in
            try bench.queue.enqueue(QueueBench.request(uniqueKey: "one"), in: db)
            return bench.signal.ringCount
        }
        try promise(during, is: 0, "rings before the commit")
        try promise(bench.signal.ringCount, is: 1, "rings after the commit")
        do {
            _ = try await store.write { db in
                try bench.queue.enqueue(QueueBench.request(), in: db)
                throw Refusal()
            }
        } catch is Refusal {}
        try await bench.add(QueueBench.request(uniqueKey: "one"))
        try promise(bench.signal.ringCount, is: 1, "rings after an undone write and after a job that was there already")
    }

    private static func keepsKeysUnique(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let request = QueueBench.request(uniqueKey: "key")
        let first = try await bench.queue.enqueue(request)
        let second = try await bench.queue.enqueue(request)
        try promise(first.isNew && !second.isNew, "only the first is new")
        try promise(second.jobID, is: first.jobID, "the job of the second request")
        let foreign = try await bench.queue.enqueue(
            QueueBench.request(tenant: Tenant(rawValue: "other"), uniqueKey: "key"))
        try promise(foreign.isNew, "another tenant has keys of its own")
        for _ in 0..<2 {
            try promise(try await bench.queue.enqueue(QueueBench.request()).isNew, "jobs without a key are all new")
        }
        guard let lease = try await bench.lease().first(where: { $0.jobID == first.jobID }) else {
            return try promise(false, "the job is leased")
        }
        try promise(
            try await bench.queue.enqueue(request).jobID, is: first.jobID, "a job that runs counts as unfinished")
        try promise(try await bench.complete(lease), "the job completes")
        let after = try await bench.queue.enqueue(request)
        try promise(after.isNew && after.jobID != first.jobID, "a job that has ended is no obstacle")
    }

    private static func keepsKeysUniqueAmongMany(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let jobs = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<64 { group.addTask { try await bench.add(QueueBench.request(uniqueKey: "key")) } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        try promise(jobs.count, is: 1, "jobs that were answered")
        try promise(
            try await bench.list(.init(page: .first(10))).items.map(\.jobID), is: Array(jobs), "jobs that are there")
    }

    private static func boundsInput(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let text = String(repeating: "x", count: Limits.jobPayloadBytes)
        try await promiseRefusal(.invalidRequest, "a long input") {
            try await bench.add(QueueBench.request(input: ["text": .string(text)]))
        }
        let longest = JSONValue.string(String(text.dropLast(2)))
        let jobID = try await bench.add(QueueBench.request(input: longest))
        let input = try await bench.lease().first { $0.jobID == jobID }?.input
        try promise(input == longest, "the longest input reaches the worker whole")
    }

    private static func writesFirstEvent(_ store: any Store) async throws {
        let bench = try await QueueBench(store)
        let jobID = try await bench.add()
        let events = try await bench.events(jobID)
        try promise(events.map(\.number), is: [1], "numbers of the events")
        try promise(events.map(\.status), is: [.pending], "states of the events")
        try promise(events.map(\.at), is: [bench.clock.now()], "times of the events")
    }
}

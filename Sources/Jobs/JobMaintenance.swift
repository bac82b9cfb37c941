package import HearthCore
package import Logging
import ServiceLifecycle

/// The upkeep of the queue, run by every front: lanes, rescue of expired leases, schedules, counting, pruning.
package struct JobMaintenance: Service {
    private let queue: JobQueue
    private let schedules: [Schedule]
    private let lanes: [String: Lane]
    private let liveWorkers: @Sendable () async -> Set<String>
    private let logger: Logger

    /// - Parameters:
    ///   - lanes: The lane of each operation that runs as a job.
    ///   - liveWorkers: The processes of this front that run now. Whether they live is known without their leases, so
    ///     these may run out: after a suspended machine, or while the store was away.
    package init(
        queue: JobQueue, schedules: [Schedule], lanes: [String: Lane] = [:],
        liveWorkers: @escaping @Sendable () async -> Set<String> = { [] }, logger: Logger
    ) {
        self.queue = queue
        self.schedules = schedules
        self.lanes = lanes
        self.liveWorkers = liveWorkers
        self.logger = logger
    }

    /// Gives back lost jobs, starts what is scheduled and prunes history, until the server stops.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var round = 0
            var isLaned = false
            while (try? await Task.sleep(for: Limits.rescueInterval)) != nil {
                do {
                    if !isLaned { try await correctLanes() }
                    isLaned = true
                    try await maintain(prunes: round.isMultiple(of: 30))
                } catch {
                    logger.warning("Queue upkeep failed; it is tried again", metadata: ["error": "\(error)"])
                }
                round += 1
            }
        }
    }

    /// Moves unfinished jobs that an earlier version enqueued into the lanes that run them now; no worker would lease
    /// them.
    package func correctLanes() async throws {
        let (queue, lanes) = (queue, lanes)
        for (kind, old) in try await queue.store.read({ db in try queue.table.lanesOfUnfinished(in: db) }) {
            guard let lane = lanes[kind], lane.name != old else { continue }
            logger.notice("Jobs move to another lane", metadata: ["kind": "\(kind)", "lane": "\(lane.name)"])
            while try await queue.store.write({ db in try queue.table.move(kind, from: old, to: lane, in: db) })
                >= Limits.laneBatch
            {}
        }
    }

    /// One round.
    /// - Parameter prunes: whether old history is deleted too.
    package func maintain(prunes: Bool) async throws {
        let (table, now) = (queue.table, queue.clock.now())
        let live = await liveWorkers()
        let rescued =
            try await queue.store.read { db in try table.hasExpiredLeases(sparing: live, in: db, now: now) }
            ? queue.rescue(sparing: live) : 0
        if rescued > 0 { logger.notice("Jobs of a lost worker came back", metadata: ["count": "\(rescued)"]) }
        try await correctTimes()
        try await runSchedules(now: now)
        try await queue.countUnfinished()
        guard prunes else { return }
        while true {
            let jobs = try await queue.store.read { db in try table.prunable(in: db, now: now) }
            guard !jobs.isEmpty else { return }
            try await queue.store.remove { db in try table.prune(jobs, in: db) }
            try Task.checkCancellation()
        }
    }

    /// Lets jobs run that a clock which was ahead has put off: all of them, because that may be every job that waits.
    private func correctTimes() async throws {
        var corrected = 0
        while case let count = try await queue.correctTimes(), count > 0 {
            corrected += count
            try Task.checkCancellation()
        }
        guard corrected > 0 else { return }
        logger.notice("The clock went back; jobs wait no longer", metadata: ["count": "\(corrected)"])
    }

    /// Enqueues what is due, at most once for each point in time, whatever number of fronts run.
    private func runSchedules(now: Int64) async throws {
        let (queue, schedules) = (queue, schedules)
        let due = try await queue.store.read { db in
            try schedules.filter { try $0.isDue(in: db, now: now) }
        }
        guard !due.isEmpty else { return }
        try await queue.store.write { db in
            for schedule in due where try schedule.advance(in: db, now: now) {
                try queue.enqueue(schedule.request, in: db)
            }
        }
    }
}

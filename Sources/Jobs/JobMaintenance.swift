import HearthCore
package import Logging
import ServiceLifecycle

/// The upkeep of the queue, run by every front: rescue of expired leases, schedules, counting, pruning.
package struct JobMaintenance: Service {
    private let queue: JobQueue
    private let schedules: [Schedule]
    private let logger: Logger

    package init(queue: JobQueue, schedules: [Schedule], logger: Logger) {
        self.queue = queue
        self.schedules = schedules
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var round = 0
            while (try? await Task.sleep(for: Limits.rescueInterval)) != nil {
                do {
                    try await maintain(prunes: round.isMultiple(of: 30))
                } catch {
                    logger.warning("Queue upkeep failed; it is tried again", metadata: ["error": "\(error)"])
                }
                round += 1
            }
        }
    }

    /// One round.
    /// - Parameter prunes: whether old history is deleted too.
    package func maintain(prunes: Bool) async throws {
        let (table, now) = (queue.table, queue.clock.now())
        let rescued =
            try await queue.store.read { db in try table.hasExpiredLeases(in: db, now: now) }
            ? queue.rescue() : 0
        if rescued > 0 { logger.notice("Jobs of a lost worker came back", metadata: ["count": "\(rescued)"]) }
        try await runSchedules(now: now)
        try await queue.countUnfinished()
        guard prunes else { return }
        while try await queue.store.write({ db in try table.prune(in: db, now: now) }) >= 1_000 {}
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

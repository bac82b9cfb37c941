import HearthCore
import HearthJSON
import HearthJobs

/// Input of `faces.reconcile`: nothing.
struct ReconcileFaces: Sendable, Codable {}

extension Faces {
    static let reconciliation = QueuedOperation(
        .init(
            "faces.reconcile", "Enqueue photos that have lost their jobs, and delete what is old.",
            description: """
                Photos that wait without a job get one; pictures that were seen long ago, old sessions and hashes of \
                their frames are deleted. Runs by itself every minute.
                """,
            permission: .operate, hints: .removes),
        plan: JobPlan(lane: .upkeep, timeout: .seconds(600)), input: ReconcileFaces.self, identity: { _ in "" })

    func reconciliationOperation() -> Operation {
        Operation(Self.reconciliation) { _, lease, _ in
            let enqueued = try await enqueueWaiting(lease)
            try await forgetOld(lease)
            return JobOutcome(result: ["enqueued": .int(Int64(enqueued))])
        }
    }

    /// Each photo has one unfinished job at most, so that asking again makes no second one.
    private func enqueueWaiting(_ lease: JobLease) async throws -> Int {
        let (table, queue, before) = (table, queue, clock.now() - Limits.photoGrace.milliseconds)
        var (count, last) = (0, "")
        while true {
            let after = last
            let waiting = try await store.read { db in
                try table.waitingPhotos(ofClient: nil, before: before, after: after, limit: Limits.stepAnchors, in: db)
            }
            guard let end = waiting.last?.userID else { return count }
            count += try await queue.write(under: lease) { db in
                var count = 0
                for (userID, tenant) in waiting {
                    let job = try queue.enqueue(
                        Self.extraction.request(ExtractPhoto(userID: userID), tenant: tenant), in: db)
                    if job.isNew {
                        try table.awaitPhoto(ofUser: userID, job: job.jobID, in: db)
                        count += 1
                    }
                }
                return count
            }
            last = end
        }
    }

    private func forgetOld(_ lease: JobLease) async throws {
        let (now, limit, pictures) = (clock.now(), Limits.stepItems, FacePictureTable())
        func all(_ step: @escaping @Sendable (any SQLConnection) throws -> Int) async throws {
            while try await queue.remove(under: lease, step) >= limit {}
        }
        try await all { db in
            try pictures.prune(before: now - Limits.facesInRowsAge.milliseconds, limit: limit, in: db)
        }
        try await all { db in
            try pictures.pruneFrames(before: now - Limits.frameHistory.milliseconds, limit: limit, in: db)
        }
        try await all { db in
            try FaceSessionTable().prune(before: now - Limits.sessionHistory.milliseconds, limit: limit, in: db)
        }
        try await all { db in
            try AttemptTable().prune(before: now - Limits.failureHistory.milliseconds, limit: limit, in: db)
        }
        for client in try await store.read({ db in try pictures.crowded(in: db) }) {
            guard let time = try await store.read({ db in try pictures.surplusTime(ofClient: client, in: db) }) else {
                continue
            }
            try await all { db in try pictures.prune(ofClient: client, upTo: time, limit: limit, in: db) }
        }
    }
}

extension AttemptTable {
    /// Forgets failures that are long past and have stopped no user, a bounded number at once.
    func prune(before time: Int64, limit: Int, in db: any SQLConnection) throws -> Int {
        try db.execute(
            """
            DELETE FROM face_attempts WHERE (tenant, subject) IN
              (SELECT tenant, subject FROM face_attempts
               WHERE failed_at < \(time) AND failures < \(Limits.stoppedFailures) LIMIT \(limit))
            """)
    }
}

extension FacePictureTable {
    /// Clients that have more pictures than may be kept of one.
    func crowded(in db: any SQLConnection) throws -> [String] {
        try db.values(
            "SELECT client_id FROM face_pictures GROUP BY client_id HAVING COUNT(*) > \(Limits.facesInRows)",
            as: String.self)
    }
}

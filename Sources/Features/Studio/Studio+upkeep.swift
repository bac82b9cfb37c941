import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import Logging

/// Input of `studio.anchors.reconcile`: nothing.
struct ReconcileAnchors: Sendable, Codable {}

extension Studio {
    static let reconciliation = "studio.anchors.reconcile"
    static let reconciliationPlan = JobPlan(lane: .media, needs: .imageEmbedder)

    /// Derives missing work from the rows: anchors without a vector of the current model.
    func reconciliationOperation() throws -> Operation {
        try Operation(
            queued: .init(
                Self.reconciliation, "Enqueue what should be remembered and is not.", permission: .administer),
            plan: Self.reconciliationPlan, input: ReconcileAnchors.self
        ) { _, _, _ in
            guard let digest = try await engine.defaultEmbedder()?.digest else {
                throw HearthError(.modelNotReady, "The model that looks at anchors is not ready.")
            }
            return JobOutcome(result: ["enqueued": .int(Int64(try await reconcile(digest: digest)))])
        }
    }

    /// - Returns: how many jobs were enqueued.
    private func reconcile(digest: String) async throws -> Int {
        let (table, queue) = (table, queue)
        var total = 0
        while true {
            let count = try await store.write { db in
                let missing = try table.anchorsToEmbed(digest: digest, limit: 500, in: db)
                for (anchor, tenant) in missing {
                    let job = try queue.enqueue(extraction(of: anchor, tenant: tenant), in: db)
                    try table.setJob(job.jobID, ofAnchor: anchor, in: db)
                }
                return missing.count
            }
            total += count
            if count < 500 { return total }
        }
    }

    /// Removes files that no row names: what a crash left between file and commit, or between commit and removal.
    /// - Parameter age: only files older than this; those of running requests are younger.
    /// - Returns: how many were removed.
    @discardableResult
    package func sweepFiles(olderThan age: Duration) async throws -> Int {
        let table = table
        let paths = try await blobs.list("projects", olderThan: age)
        var removed = 0
        for start in stride(from: 0, to: paths.count, by: 500) {
            let page = Array(paths[start..<min(start + 500, paths.count)])
            let known = try await store.read { db in try table.named(page, in: db) }
            for path in page where !known.contains(path) {
                try await blobs.remove(path)
                removed += 1
            }
        }
        try await blobs.removeEmptyFolders(below: "projects")
        if removed > 0 { logger.notice("Files without a row were removed", metadata: ["count": "\(removed)"]) }
        return removed
    }
}

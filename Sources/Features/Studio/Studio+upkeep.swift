import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import Logging

/// Input of `studio.anchors.reconcile`: nothing.
struct ReconcileAnchors: Sendable, Codable {}

extension Studio {
    static let reconciliation = "studio.anchors.reconcile"
    static let reconciliationPlan = JobPlan(lane: .upkeep, needs: [.defaultEmbedder])

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
}

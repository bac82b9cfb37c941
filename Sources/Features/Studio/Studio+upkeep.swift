import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import Logging

/// Input of `studio.anchors.reconcile`: nothing.
struct ReconcileAnchors: Sendable, Codable {}

extension Studio {
    static let reconciliation = QueuedOperation(
        .init(
            "studio.anchors.reconcile", "Enqueue the anchors that have no vector and no job.",
            description: """
                Derives missing work from the rows: anchors without a vector of the current model, and without a job \
                that is under way or has failed, get one. Runs by itself every minute.
                """,
            permission: .operate, hints: .addsOnce),
        plan: JobPlan(lane: .upkeep, needs: [.defaultEmbedder]), input: ReconcileAnchors.self, identity: { _ in "" })

    func reconciliationOperation() -> Operation {
        Operation(Self.reconciliation) { _, lease, _ in
            guard let digest = try await engine.defaultEmbedder()?.digest else {
                throw HearthError(.modelNotReady, "The model of anchors is not ready.")
            }
            return JobOutcome(result: ["enqueued": .int(Int64(try await reconcile(digest: digest, lease)))])
        }
    }

    /// - Returns: how many jobs were enqueued.
    private func reconcile(digest: String, _ lease: JobLease) async throws -> Int {
        let (table, queue) = (table, queue)
        var total = 0
        while true {
            // Looked for by reading: when there are none, all anchors are looked at.
            let missing = try await store.read { db in
                try table.anchorsToEmbed(digest: digest, limit: Limits.stepAnchors, in: db)
            }
            guard !missing.isEmpty else { return total }
            try await queue.write(under: lease) { db in
                for (anchor, tenant) in missing {
                    let job = try queue.enqueue(
                        Self.extraction.request(ExtractAnchor(anchorID: anchor), tenant: tenant), in: db)
                    try table.setJob(job.jobID, ofAnchor: anchor, in: db)
                }
            }
            total += missing.count
        }
    }
}

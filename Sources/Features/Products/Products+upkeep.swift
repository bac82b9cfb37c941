import HearthCore
import HearthJSON
import HearthJobs
import Logging

/// Input of `products.reconcile`.
struct ReconcileProducts: Sendable, Codable, SchemaDescribed {
    var rate: Double?

    static let fields = [
        "rate": FieldNote("Products a second, at most; as many as can be when absent.", minimum: 0.01)
    ]
}

extension Products {
    static let reconciliation = QueuedOperation(
        .init(
            "products.reconcile", "Enqueue the embedding of what has no current one, and delete what is old.",
            description: """
                Starts a backfill where products have no current embedding and no job, and deletes scans and imports \
                that are older than their limits. Runs by itself every minute.
                """,
            permission: .operate, hints: .removes),
        plan: JobPlan(lane: .upkeep, timeout: .seconds(600), needs: [.defaultEmbedder]), input: ReconcileProducts.self,
        identity: { _ in "" })

    func reconciliationOperation() -> Operation {
        Operation(Self.reconciliation) { input, _, _ in
            let table = table
            let tenants = try await store.read { db in try table.tenants(in: db) }
            var enqueued = 0
            for tenant in tenants where try await reconcile(tenant, rate: input.rate) { enqueued += 1 }
            try await forgetOld(tenants)
            return JobOutcome(result: ["enqueued": .int(Int64(enqueued))])
        }
    }

    /// - Returns: whether there was work that nobody was at.
    private func reconcile(_ tenant: Tenant, rate: Double?) async throws -> Bool {
        let (table, queue, clock) = (table, queue, clock)
        let known = try await store.read { db in try table.models(of: tenant, in: db)?.target?.key }
        let models = try await adoptModels(of: tenant)
        let isChanged = known != nil && known != models.key
        let request = try Self.backfill.request(Backfill(rate: rate), tenant: tenant)
        return try await store.write { db in
            // Those that are young have jobs of their own, but not when it is the models that have changed.
            let since = isChanged ? Int64.max : clock.now() - Limits.embeddingGrace.milliseconds
            guard try table.hasWaiting(since: since, of: tenant, in: db) else {
                _ = try completeSwitch(of: tenant, in: db)
                return false
            }
            return try queue.enqueue(request, in: db).isNew
        }
    }

    private func forgetOld(_ tenants: [Tenant]) async throws {
        let (table, now) = (table, clock.now())
        while try await store.write({ db in
            try table.forgetScans(before: now - Limits.scanHistory.milliseconds, limit: 1_000, in: db)
        }) >= 1_000 {}
        for tenant in tenants {
            while try await store.write({ db in
                try table.forgetScans(of: tenant, beyond: Limits.scanHistoryCount, limit: 1_000, in: db)
            }) >= 1_000 {}
        }
        let paths = try await store.write { db in
            try table.forgetImports(before: now - Limits.importHistory.milliseconds, in: db)
        }
        try await blobs.remove(paths)
    }
}

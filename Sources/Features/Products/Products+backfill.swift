import HearthCore
import HearthJSON
import HearthJobs
import HearthVectorStore
import Logging

/// Input of `products.backfill`.
struct Backfill: Sendable, Codable, SchemaDescribed {
    var template: String?
    var rate: Double?
    var dryRun: Bool?

    static let fields = [
        "template": templateField,
        "rate": FieldNote("Products a second, at most; as many as can be when absent.", minimum: 0.01),
        "dry_run": FieldNote("Only count: the job's result says how many there are."),
    ]
}

/// Input of `products.backfill_status`.
struct BackfillScope: Sendable, Codable, SchemaDescribed {
    var template: String?

    static let fields = ["template": templateField]
}

/// Output of `products.backfill_status`, and the result of a dry run.
struct BackfillStatus: Sendable, Codable, SchemaDescribed {
    var missing: Int
    var stale: Int
    var served: ProductModels?
    var target: ProductModels?

    static let fields = [
        "missing": FieldNote("Products without a current embedding."),
        "stale": FieldNote("Products whose embedding is by other models than those of now."),
        "served": FieldNote("The models that searches use."),
        "target": FieldNote("The models that products are embedded by; searches use them once all are."),
    ]
}

private let templateField = FieldNote("Only products of this template.", minLength: 1, schema: ["format": "word"])

extension Products {
    static let backfill = QueuedOperation(
        .init(
            "products.backfill", "Embed the products that have no current embedding.",
            description: """
                Embeds in whole batches behind interactive calls and commits each batch by itself, so that a job that \
                was stopped repeats nothing. One job for each template is unfinished at most. While the models \
                change, searches use the old vectors until all products have new ones. The job's result says how \
                many products it has embedded, and how many of them have a part that cannot be embedded.
                """,
            permission: .write, hints: .addsOnce, routes: [Route(.post, "/products/backfill")],
            aliases: ["products.backfill.run"]),
        plan: JobPlan(lane: .embed, maximumAttempts: 10, timeout: Limits.productJob, needs: [.defaultEmbedder]),
        input: Backfill.self, identity: { ($0.dryRun == true ? "dry run:" : "") + ($0.template ?? "") })

    func backfillOperations() -> [Operation] {
        [
            Operation(Self.backfill, run: runBackfill),
            Operation(
                .init(
                    "products.backfill_status", "Count the products that have no current embedding.",
                    description: """
                        Answers how many products have no embedding yet and how many have one by other models than \
                        now, and which models searches use. `products.backfill` embeds them.
                        """,
                    permission: .read, hints: .reads, routes: [Route(.get, "/products/backfill")]),
                input: BackfillScope.self, output: BackfillStatus.self
            ) { input, context in try await backfillStatus(input.template, tenant: context.tenant) },
        ]
    }

    private func backfillStatus(_ template: String?, tenant: Tenant) async throws -> BackfillStatus {
        // The models may be away: then those that were adopted last are shown.
        let (table, now) = (table, try? await ProductModels(of: engine))
        return try await store.read { db in
            let models = try table.models(of: tenant, in: db)
            let key = (now ?? models?.target)?.key ?? ""
            return BackfillStatus(
                missing: try table.countToEmbed(of: tenant, template: template, in: db),
                stale: try table.countStale(key, of: tenant, template: template, in: db), served: models?.served,
                target: now ?? models?.target)
        }
    }

    /// Goes through what the partial index finds; each batch is committed by itself, so that nothing is done twice
    /// after a stop.
    private func runBackfill(
        _ input: Backfill, _ lease: JobLease, _ progress: JobProgress
    ) async throws -> JobOutcome {
        guard input.dryRun != true else {
            let status = try await backfillStatus(input.template, tenant: lease.tenant)
            return JobOutcome(result: try JSONValueEncoder.encode(status))
        }
        let (table, queue, tenant, template) = (table, queue, lease.tenant, input.template)
        let models = try await adoptModels(of: tenant, under: lease)
        let total = try await store.read { db in try table.countToEmbed(of: tenant, template: template, in: db) }
        var (done, failed, last) = (0, 0, "")
        let start = ContinuousClock.now
        while true {
            let after = last
            let subjects = try await store.read { db in
                try table.subjectsToEmbed(
                    of: tenant, template: template, after: after, limit: Limits.backfillBatch, in: db)
            }
            guard let newest = subjects.last?.productID else { break }
            let embedded = try await metrics.time(.productEmbed) {
                try await embed(subjects, by: models, tenant: tenant, timeout: Self.embedding.plan.timeout)
            }
            try await queue.write(under: lease) { db in
                // One that has changed meanwhile is found again by the next run.
                for product in embedded { _ = try record(product, by: models, tenant: tenant, in: db) }
            }
            last = newest
            done += subjects.count
            failed += embedded.count { $0.failure != nil }
            progress.report(
                ProgressReport(
                    stage: "embed", overall: Double(done) / Double(max(total, done, 1)), step: done,
                    steps: max(total, done), message: "\(done) of \(counted(max(total, done), "product")) embedded."))
            if let rate = input.rate, rate > 0 {
                try await Task.sleep(until: start + .seconds(Double(done) / rate), clock: .continuous)
            }
        }
        let logger = logger
        let (products, failures) = (Int64(done), Int64(failed))
        return JobOutcome(result: ["products": .int(products), "failed": .int(failures)]) { db in
            if try completeSwitch(of: tenant, in: db) {
                logger.notice(
                    "Products are now searched by their new models", metadata: ["tenant": "\(tenant.rawValue)"])
            }
        }
    }

    // MARK: Models

    /// The models that a tenant's products are embedded by from now on: those of this moment.
    ///
    /// When they are others than before, every product counts as one to embed again; its vectors by the models before
    /// stay and are searched until the new set is complete.
    func adoptModels(of tenant: Tenant, under lease: JobLease) async throws -> ProductModels {
        let models = try await ProductModels(of: engine)
        let (table, queue) = (table, queue)
        let isCurrent = try await store.read { db in
            guard let known = try table.models(of: tenant, in: db) else { return true }
            return known.target?.key == models.key && known.isCleared
        }
        guard !isCurrent else { return models }
        try await queue.write(under: lease) { db in
            guard try table.models(of: tenant, in: db)?.target?.key != models.key else { return }
            try table.setTarget(models, of: tenant, in: db)
        }
        // Found by reading, and some at a time: the writer is needed by others as well. What is embedded by older
        // models meanwhile is dropped, because the target is another.
        var last = ""
        while true {
            let after = last
            let stale = try await store.read { db in
                try table.stale(models.key, of: tenant, after: after, in: db)
            }
            guard let end = stale.last else { break }
            try await queue.write(under: lease) { db in
                guard try table.models(of: tenant, in: db)?.target?.key == models.key else {
                    throw Self.modelsHaveChanged
                }
                try table.clear(stale, exceptBy: models.key, in: db)
            }
            last = end
        }
        try await queue.write(under: lease) { db in
            guard try table.models(of: tenant, in: db)?.target?.key == models.key else { return }
            try table.markCleared(of: tenant, in: db)
        }
        return models
    }

    /// Another attempt begins with those of then.
    private static var modelsHaveChanged: HearthError {
        HearthError(.modelNotReady, "The models have changed meanwhile.", retryAfter: 1)
    }

    /// Lets searches use the new models once all products are embedded by them, and drops the vectors of the others.
    private func completeSwitch(of tenant: Tenant, in db: any SQLConnection) throws -> Bool {
        let before = try table.models(of: tenant, in: db)?.served
        guard try table.switchModels(of: tenant, in: db) else { return false }
        let served = try table.models(of: tenant, in: db)?.served
        for part in ProductPart.allCases where before?[part]?.digest != served?[part]?.digest {
            try vectors.remove(
                scope: part.scope, of: tenant, exceptModel: served?[part]?.digest, in: db,
                now: clock.now())
        }
        return true
    }
}

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
        Operation(Self.reconciliation) { input, lease, _ in
            let table = table
            let tenants = try await store.read { db in try table.tenants(in: db) }
            var enqueued = 0
            for tenant in tenants where try await reconcile(tenant, rate: input.rate, lease) { enqueued += 1 }
            try await forgetOld(tenants, lease)
            return JobOutcome(result: ["enqueued": .int(Int64(enqueued))])
        }
    }

    /// - Returns: whether there was work that no job was doing.
    private func reconcile(_ tenant: Tenant, rate: Double?, _ lease: JobLease) async throws -> Bool {
        let (table, queue, clock) = (table, queue, clock)
        let known = try await store.read { db in try table.models(of: tenant, in: db)?.target?.key }
        let models = try await adoptModels(of: tenant, under: lease)
        let isChanged = known != nil && known != models.key
        let request = try Self.backfill.request(Backfill(rate: rate), tenant: tenant)
        return try await queue.write(under: lease) { db in
            // Those that are young have jobs of their own, but not when it is the models that have changed.
            let since = isChanged ? Int64.max : clock.now() - Limits.embeddingGrace.milliseconds
            guard try table.hasWaiting(since: since, of: tenant, in: db) else {
                _ = try completeSwitch(of: tenant, in: db)
                return false
            }
            return try queue.enqueue(request, in: db).isNew
        }
    }

    private func forgetOld(_ tenants: [Tenant], _ lease: JobLease) async throws {
        let (table, queue, now) = (table, queue, clock.now())
        let limit = Limits.stepItems
        while try await queue.remove(
            under: lease,
            { db in
                try table.forgetScans(before: now - Limits.scanHistory.milliseconds, limit: limit, in: db)
            }) >= limit
        {}
        for tenant in tenants {
            // The place where the surplus begins is found by reading: it looks at all that stay.
            guard
                let last = try await store.read({ db in
                    try table.lastSurplusScan(of: tenant, beyond: Limits.scanHistoryCount, in: db)
                })
            else { continue }
            while try await queue.remove(
                under: lease,
                { db in
                    try table.forgetScans(of: tenant, upTo: last, limit: limit, in: db)
                }) >= limit
            {}
        }
        while try await queue.remove(
            under: lease,
            { db in
                try table.forgetImports(before: now - Limits.importHistory.milliseconds, in: db)
            }) > 0
        {}
    }
}

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
        "template": FieldNote("Only products of this template.", minLength: 1),
        "rate": FieldNote("Products a second, at most; as many as can be when absent.", minimum: 0.01),
        "dry_run": FieldNote("Only count."),
    ]
}

/// Output of `products.backfill`.
struct BackfillReply: Sendable, Codable, SchemaDescribed {
    /// Products without a current embedding.
    var missing: Int
    /// Of those that have one, how many are by other models than now.
    var stale: Int
    var served: ProductModels?
    var target: ProductModels?
    var jobID: String?
    var websocketURL: String?

    static let fields = [
        "missing": FieldNote("Products without a current embedding."),
        "stale": FieldNote("Products whose embedding is by other models than those of now."),
        "served": FieldNote("The models that searches use."),
        "target": FieldNote("The models that products are embedded by; searches use them once all are."),
        "job_id": FieldNote("The job that embeds them; absent in a dry run, and when there is nothing to do."),
        "websocket_url": FieldNote("Live progress of the job, relative to the server."),
    ]
}

/// Input of `products.backfill.run`.
struct RunBackfill: Sendable, Codable {
    var template: String?
    var rate: Double?
}

extension Products {
    static let backfill = "products.backfill.run"
    static let backfillPlan = JobPlan(
        lane: .embed, maximumAttempts: 10, timeout: Limits.productJob, needs: [.defaultEmbedder])

    /// The job that embeds what has no current embedding; one at a time for each tenant and template.
    func backfill(_ input: RunBackfill, tenant: Tenant) throws -> JobRequest {
        JobRequest(
            tenant: tenant, kind: Self.backfill, plan: Self.backfillPlan, input: try JSONValueEncoder.encode(input),
            uniqueKey: "\(Self.backfill):\(input.template ?? "")")
    }

    func backfillOperations() throws -> [Operation] {
        [
            try Operation(
                .init(
                    "products.backfill", "Embed the products that have no current embedding.", permission: .write,
                    routes: [Route(.post, "/products/backfill")]),
                input: Backfill.self, output: BackfillReply.self, run: backfill)
        ]
    }

    private func backfill(_ input: Backfill, _ context: OperationContext) async throws -> BackfillReply {
        let (table, queue, tenant) = (table, queue, context.tenant)
        // What the worker does is decided there; here the models are only shown, and may be away.
        let now = try? await ProductModels(of: engine)
        let request = try backfill(RunBackfill(template: input.template, rate: input.rate), tenant: tenant)
        @Sendable func count(_ db: any SQLConnection) throws -> BackfillReply {
            let models = try table.models(of: tenant, in: db)
            let key = (now ?? models?.target)?.key ?? ""
            return BackfillReply(
                missing: try table.countToEmbed(of: tenant, template: input.template, in: db),
                stale: try table.countStale(key, of: tenant, template: input.template, in: db),
                served: models?.served, target: now ?? models?.target)
        }
        guard input.dryRun != true else { return try await store.read(count) }
        return try await store.write { db in
            var reply = try count(db)
            guard reply.missing + reply.stale > 0 else { return reply }
            let job = try queue.enqueue(request, in: db).jobID
            reply.jobID = job
            reply.websocketURL = "/ws/\(job)"
            return reply
        }
    }

    func backfillJobOperation() throws -> Operation {
        try Operation(
            queued: .init(
                Self.backfill, "Embed what has no current embedding, in whole batches.", permission: .administer),
            plan: Self.backfillPlan, input: RunBackfill.self, run: runBackfill)
    }

    /// Goes through what the partial index finds; each batch is committed by itself, so that nothing is done twice
    /// after a stop.
    private func runBackfill(
        _ input: RunBackfill, _ lease: JobLease, _ progress: JobProgress
    ) async throws -> JobOutcome {
        let (table, queue, tenant, template) = (table, queue, lease.tenant, input.template)
        let models = try await adoptModels(of: tenant)
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
                try await embed(subjects, by: models, tenant: tenant, timeout: Self.embeddingPlan.timeout)
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
                    steps: max(total, done), message: "\(done) of \(max(total, done)) products embedded."))
            if let rate = input.rate, rate > 0 {
                try await Task.sleep(until: start + .seconds(Double(done) / rate), clock: .continuous)
            }
        }
        let logger = logger
        let (products, failures) = (Int64(done), Int64(failed))
        return JobOutcome(result: ["products": .int(products), "failed": .int(failures)]) { db in
            if try completeSwitch(of: tenant, in: db) {
                logger.notice("A catalogue is served by its new models", metadata: ["tenant": "\(tenant.rawValue)"])
            }
        }
    }

    // MARK: Models

    /// The models that a tenant's products are embedded by from now on: those of this moment.
    ///
    /// When they are others than before, every product counts as one to embed again; its vectors by the models before
    /// stay and are searched until the new set is complete.
    func adoptModels(of tenant: Tenant) async throws -> ProductModels {
        let models = try await ProductModels(of: engine)
        let table = table
        let isCurrent = try await store.read { db in
            guard let known = try table.models(of: tenant, in: db) else { return true }
            return known.target?.key == models.key && known.isCleared
        }
        guard !isCurrent else { return models }
        try await store.write { db in
            guard try table.models(of: tenant, in: db)?.target?.key != models.key else { return }
            try table.setTarget(models, of: tenant, in: db)
        }
        while true {
            // Some at a time: the writer is needed by others as well.
            let count = try await store.write { db in
                let count = try table.clearStale(models.key, of: tenant, limit: 2_000, in: db)
                if count == 0 { try table.markCleared(of: tenant, in: db) }
                return count
            }
            if count == 0 { return models }
        }
    }

    /// Lets searches use the new models once all products are embedded by them, and drops the vectors of the others.
    func completeSwitch(of tenant: Tenant, in db: any SQLConnection) throws -> Bool {
        let before = try table.models(of: tenant, in: db)?.served
        guard try table.switchModels(of: tenant, in: db) else { return false }
        let served = try table.models(of: tenant, in: db)?.served
        for part in ProductPart.allCases where before?[part]?.digest != served?[part]?.digest {
            try vectors.remove(scope: part.scope, of: tenant, exceptModel: served?[part]?.digest, in: db)
        }
        return true
    }
}

import HearthCore
import HearthJobs

/// What callers wait for who send `wait`.
extension Products {
    /// Waits until searches find a product with all that it is now.
    func finish(
        _ upserted: UpsertedProduct, _ wait: JobWait
    ) async throws -> (UpsertedProduct, isUnfinished: Bool) {
        var upserted = upserted
        let (table, queue, tenant, id) = (table, queue, wait.tenant, upserted.product.productID)
        let request = try embedding(of: id, tenant: tenant)
        // When it changes meanwhile, its job ends and another one follows.
        var next = upserted.jobID
        while true {
            let job: Job? = if let next { try await wait.end(of: next) } else { nil }
            let now = try await store.read { db in
                (try table.product(id, of: tenant, in: db), try queue.table.unfinishedJob(like: request, in: db))
            }
            upserted.product = now.0
            upserted.status = now.0.isEmbedded ? .completed : job?.status
            upserted.failure = now.0.isEmbedded ? nil : job?.errorMessage
            guard !now.0.isEmbedded, let following = now.1 else { return (upserted, isUnfinished: false) }
            guard following != next else { return (upserted, isUnfinished: true) }
            next = following
        }
    }

    /// Waits until an import is read and its products have their vectors.
    func finish(_ begun: ProductImport, _ wait: JobWait) async throws -> (ProductImport, isUnfinished: Bool) {
        if let job = begun.jobID { _ = try await wait.end(of: job) }
        let read = try await shownImport(begun.importID, tenant: wait.tenant)
        guard read.state == .completed || read.state == .failed else { return (read, isUnfinished: true) }
        // The import has begun a backfill; one that was running already may have gone past a product, so that another
        // follows. Each that ends leaves fewer products, or is the last that is waited for.
        let (queue, tenant) = (queue, wait.tenant)
        let request = try Self.backfill.request(Backfill(), tenant: tenant)
        var shown = read
        while shown.pending ?? 0 > 0 {
            let job: String
            do {
                job = try await queue.enqueue(request).jobID
            } catch let error as HearthError where error.code == .overloaded {
                // The import is committed: its answer must not say that it was refused.
                break
            }
            guard try await wait.end(of: job)?.status.isFinal == true else { break }
            let before = shown.pending
            shown = try await shownImport(begun.importID, tenant: tenant)
            if shown.pending == before { break }
        }
        return (shown, isUnfinished: shown.pending ?? 0 > 0)
    }

    /// An import with its first errors, and how many products have no vectors yet.
    func shownImport(_ id: String, tenant: Tenant) async throws -> ProductImport {
        let table = table
        return try await store.read { db in
            var shown = try table.productImport(id, of: tenant, in: db)
            shown.errors = try table.errors(ofImport: id, after: 0, limit: 20, in: db)
            shown.pending = try table.countToEmbed(
                of: tenant, template: nil, limit: Limits.countedPending, in: db)
            return shown
        }
    }
}

import HearthCore
import HearthInference
import HearthJSON
import Logging

import struct Foundation.Data

extension Products {
    func scanOperations() -> [Operation] {
        [
            Operation(
                .init(
                    "products.quick_scan", "Find the products that a picture shows, and keep the scan.",
                    description: """
                        Answers the products most similar to the picture, best first, with the scores of \
                        picture and text. The scan and its embedding are kept unless `store` is false; \
                        `products.scans.list` shows them.
                        """,
                    permission: .write, hints: .adds, routes: [Route(.post, "/products/orchestrate/quick-scan")],
                    tool: "quick_scan",
                    attachment: .image(isRequired: true)),
                input: QuickScan.self, output: ScanReply.self, run: quickScan),
            Operation(
                .init(
                    "products.search", "Find products by words.",
                    description: """
                        Answers the products most similar to the words, best first. With a model that \
                        has texts and pictures in one space the pictures are searched, else the texts. \
                        Nothing is kept.
                        """,
                    permission: .read, hints: .reads,
                    routes: [Route(.post, "/products/search")], tool: "search_products"),
                input: SearchProducts.self, output: ScanReply.self, run: searchText),
            Operation(
                .init(
                    "products.scans.list", "List the kept scans, newest first.",
                    description: "Answers a page; pass its `next_cursor` as `cursor` to get the next one.",
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/products/scans")]),
                input: PageInput.self, output: Page<Scan>.self
            ) { input, context in
                let (table, page) = (table, try input.page())
                return try await store.read { db in try table.scans(page, of: context.tenant, in: db) }
            },
            Operation(
                .init(
                    "products.scans.delete", "Forget a kept scan.",
                    description: "Deletes the scan's record with its embedding.",
                    permission: .write, hints: .removes,
                    routes: [Route(.delete, "/products/scans/{scan_id}")]),
                input: ScanReference.self, output: ProductDeletion.self
            ) { input, context in
                let table = table
                try await scans?.makeRow(of: input.scanID, until: context.deadline)
                try await store.remove { db in try table.deleteScan(input.scanID, of: context.tenant, in: db) }
                return ProductDeletion(deleted: input.scanID, imageCount: 0)
            },
        ]
    }

    // MARK: Quick scan

    private func quickScan(_ input: QuickScan, _ context: OperationContext) async throws -> ScanReply {
        let start = ContinuousClock.now
        let image = try context.requireImage()
        let known = try await known(input.template, input.sourceType, tenant: context.tenant)
        let filter = try SearchFilter(
            template: input.template, sourceType: input.sourceType, filter: input.filter)
        var queries = [try await query(.image(image.picture), part: .image, by: known.models?.image, context)]
        if let text = input.text {
            let words = try await query(.text(text, role: .query), part: .text, by: known.models?.text, context)
            queries.append(words)
        }
        let found = try await search(
            queries, filter, k: input.k ?? 5, weights: known.weights, tenant: context.tenant)
        var reply = reply(found, queries, minScore: input.minScore ?? input.threshold, known, start: start)
        reply.hint = try await hint(on: found, template: input.template, tenant: context.tenant)
        guard input.store != false, let scans else { return reply }
        let now = clock.now()
        let scan = Scan(
            scanID: Identifier.make(now: now), sha256: image.sha256.hex, template: input.template,
            sourceType: input.sourceType, filter: input.filter, model: queries[0].result.model,
            searched: reply.searched.rawValue, compared: reply.compared, isCached: reply.isCached,
            matches: reply.matches.map {
                Scan.Match(productID: $0.productID, externalID: $0.externalID, score: $0.score)
            }, totalMS: reply.timings.totalMS, createdAt: now)
        let record = ScanRecord(
            scan: scan, tenant: context.tenant.rawValue, vector: Data(littleEndian: queries[0].result.vector))
        let isStored = try await keep(record, by: scans, for: context.tenant)
        reply.isStored = isStored
        reply.scanID = isStored ? scan.scanID : nil
        return reply
    }

    /// Keeps the record of a scan, unless the tenant may store no more: then it is answered all the same.
    private func keep(_ record: ScanRecord, by scans: ScanWriter, for tenant: Tenant) async throws -> Bool {
        // Most tenants have no limit: their records are encoded once, for the log.
        if let quotas, quotas.limits(tenant) {
            let bytes = try record.encoded().count
            do {
                // Its row is made after the answer; until then the amount stands beside the count.
                try await quotas.take(TenantUsage(storedBytes: Int64(bytes)), for: tenant)
            } catch let error as HearthError where error.code == .quotaExceeded {
                return false
            }
        }
        return await metrics.time(.scanRecord) { scans.accept(record) }
    }

    // MARK: Search by words

    /// Words find pictures where texts and pictures lie in one space, and texts elsewhere.
    private func searchText(_ input: SearchProducts, _ context: OperationContext) async throws -> ScanReply {
        let start = ContinuousClock.now
        let known = try await known(input.template, input.sourceType, tenant: context.tenant)
        let models = known.models
        let filter = try SearchFilter(
            template: input.template, sourceType: input.sourceType, filter: input.filter)
        var query = try await query(.text(input.text, role: .query), part: .text, by: models?.text, context)
        if models?.isJoint == true { query.part = .image }
        let found = try await search(
            [query], filter, k: input.k ?? 5, weights: known.weights, tenant: context.tenant)
        var reply = reply(found, [query], minScore: input.minScore ?? input.threshold, known, start: start)
        reply.hint = try await hint(on: found, template: input.template, tenant: context.tenant)
        return reply
    }

    private func hint(on found: FoundProducts, template: String?, tenant: Tenant) async throws -> String? {
        guard found.compared == 0, let template else { return nil }
        let table = table
        return try await store.read { db in try table.hint(onTemplate: template, of: tenant, in: db) }
    }

    /// What the rows say before a search.
    private struct Known: Sendable {
        /// Nil where nothing is embedded yet.
        let models: ProductModels?
        let weights: PartWeights
        /// Products without a current embedding.
        let toEmbed: Int
        /// Whether searches do not see all that they should: see ``ProductTable/Models``.
        let isBehind: Bool
        let isSwitching: Bool

        /// How many products a search by these queries may miss.
        func pending(_ queries: [PartQuery]) -> Int {
            guard isServed(queries) else { return max(toEmbed, 1) }
            guard isSwitching else { return toEmbed }
            return isBehind ? max(toEmbed, 1) : 0
        }

        /// Whether the queries are by the models whose set is complete.
        func isServed(_ queries: [PartQuery]) -> Bool {
            queries.allSatisfy { query in
                let digest = query.result.model.digest
                return models == nil || digest == models?.image?.digest || digest == models?.text?.digest
            }
        }
    }

    private func known(_ template: String?, _ sourceType: String?, tenant: Tenant) async throws -> Known {
        let table = table
        return try await store.read { db in
            let all = try table.models(of: tenant, in: db)
            var models = all?.served
            if let served = models, served.image == nil, served.text == nil { models = nil }
            let toEmbed = try table.countToEmbed(
                of: tenant, template: template, sourceType: sourceType, limit: Limits.countedPending, in: db)
            return Known(
                models: models, weights: try table.weights(of: template, tenant: tenant, in: db), toEmbed: toEmbed,
                isBehind: all?.isBehind == true, isSwitching: all?.isSwitching == true)
        }
    }

    // MARK: The query's vector

    /// A query's vector and the part of the products that it is compared with.
    struct PartQuery: Sendable {
        var part: ProductPart
        let result: EmbeddingResult
        /// Milliseconds of the whole call.
        let time: Duration
        /// When the caller stops waiting; nil: it does not.
        var deadline: ContinuousClock.Instant?
    }

    /// The vector by the model whose set is complete; when that is gone or is another by now, by the one of now.
    private func query(
        _ input: EmbeddingInput, part: ProductPart, by served: ModelIdentity?, _ context: OperationContext
    ) async throws -> PartQuery {
        let start = ContinuousClock.now
        var options = EmbeddingService.Options(tenant: context.tenant, deadline: context.deadline)
        let result = try await metrics.time(.scanEmbed) {
            if let served {
                options.model = served.id
                do {
                    let result = try await embeddings.embed([input], options)[0].get()
                    if result.model.digest == served.digest { return result }
                } catch let error as HearthError where error.code == .notFound {
                    context.logger.debug(
                        "The served model does not exist any more", metadata: ["model": "\(served.id)"])
                }
                options.model = nil
            }
            if case .image(let picture) = input { return try await embeddings.embedProduct(picture, options) }
            return try await embeddings.embed([input], options)[0].get()
        }
        return PartQuery(part: part, result: result, time: .now - start, deadline: context.deadline)
    }

    // MARK: Reply

    private func reply(
        _ found: FoundProducts, _ queries: [PartQuery], minScore: Double?, _ known: Known,
        start: ContinuousClock.Instant
    ) -> ScanReply {
        let first = queries[0].result
        let last = queries[queries.count - 1].result
        func sum(_ part: (EmbeddingResult) -> Duration) -> Double {
            queries.reduce(0) { $0 + ($1.result.isCached ? 0 : part($1.result).fractionalMilliseconds) }
        }
        let pending = known.pending(queries)
        return ScanReply(
            matches: found.matches.filter { $0.score >= minScore ?? -1 },
            searched: found.searched, model: first.model,
            textModel: last.model == first.model ? nil : last.model, pending: pending,
            isComplete: pending == 0 && found.isComplete,
            isCached: queries.allSatisfy(\.result.isCached), compared: found.compared, hint: nil, scanID: nil,
            isStored: nil,
            timings: ScanReply.Timings(
                decodeMS: sum(\.timings.decode), queueMS: sum(\.timings.queue), computeMS: sum(\.timings.compute),
                embedMS: queries.reduce(0) { $0 + $1.time.fractionalMilliseconds },
                searchMS: found.time.fractionalMilliseconds,
                totalMS: (ContinuousClock.now - start).fractionalMilliseconds))
    }
}

/// A kept scan by its identifier.
struct ScanReference: Sendable, Codable, SchemaDescribed {
    var scanID: String

    static let fields = ["scan_id": FieldNote("Identifier of a kept scan.")]
}

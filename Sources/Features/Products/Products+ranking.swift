import HearthCore
import HearthInference
import HearthVectorStore
import HearthVectors

/// Which products are closest to a query, or to two.
extension Products {
    /// What a search found.
    struct FoundProducts: Sendable {
        /// Best first.
        var matches: [ScanReply.Match] = []
        /// False when the search gave up before it had looked past all products that went or changed meanwhile.
        var isComplete = true
        var compared = 0
        /// Which vectors were compared: parts that count nothing are left out.
        var searched = ScanReply.Searched.image
        var time: Duration = .zero
    }

    /// How far lists are merged before every product is scored instead, and how many of these at a time.
    struct MergeLimits: Sendable {
        var depth = Limits.fusionDepth
        var page = Limits.fusionPage
    }

    /// The `k` products closest to one query, or to two by weight; deleted ones are never among them.
    func search(
        _ queries: [PartQuery], _ filter: SearchFilter, k: Int, weights: PartWeights, tenant: Tenant
    ) async throws -> FoundProducts {
        let start = ContinuousClock.now
        let counted = queries.count > 1 ? queries.filter { weights[$0.part] > 0 } : queries
        var found = FoundProducts()
        found.searched = counted.count > 1 ? .combined : counted.first?.part == .text ? .text : .image
        // Rows are newer than vectors: products may have gone since, or fit no longer while they are embedded again.
        let best = try await Ranking.best(k) { depth in
            let ranked = try await metrics.time(.scanSearch) {
                try await ranking(counted, filter.conditions, k: depth, weights: weights, tenant: tenant)
            }
            found.compared = ranked.compared
            return ranked.matches
        } show: { matches in
            let products = try await rows(of: matches.map(\.product), tenant: tenant)
            return matches.map { match in
                products[match.product].flatMap { filter.holds($0) ? Self.shown(match, $0) : nil }
            }
        }
        (found.matches, found.isComplete) = best
        found.time = .now - start
        return found
    }

    /// The `k` products with the highest scores, exactly, as the indexes say; some of them may be gone.
    func ranking(
        _ queries: [PartQuery], _ filter: VectorFilter, k: Int, weights: PartWeights, tenant: Tenant,
        limits: MergeLimits = MergeLimits()
    ) async throws -> (matches: [LateFusion.Match], compared: Int) {
        guard queries.count > 1 else {
            var fusion = LateFusion(weights: PartWeights(image: 1, text: 1))
            var compared = 0
            for query in queries {
                let found = try await list(query, filter, k: k, tenant: tenant)
                compared += found.compared
                fusion.add(found.hits, of: query.part)
            }
            return (fusion.best(k).matches, compared)
        }
        var depth = max(4 * k, 64)
        while depth <= limits.depth {
            var fusion = LateFusion(weights: weights)
            var compared = 0
            for query in queries {
                let found = try await list(query, filter, k: depth, tenant: tenant)
                compared += found.compared
                fusion.add(found.hits, of: query.part)
                fusion.setBound(found.hits.count < depth ? nil : found.hits.last?.hit.score, of: query.part)
            }
            for query in queries {
                let missing = fusion.missing(query.part)
                let found = try await scores(of: missing, query, .everything, tenant: tenant)
                fusion.add(found.hits, of: query.part)
            }
            let (matches, isCertain) = fusion.best(k)
            if isCertain { return (matches, compared) }
            depth *= 4
        }
        return try await rankingOfAll(queries, filter, k: k, weights: weights, tenant: tenant, page: limits.page)
    }

    /// The same by the scores of every product, for lists that contradict each other: of each page of products the
    /// best are kept, so that memory is bounded however many there are.
    private func rankingOfAll(
        _ queries: [PartQuery], _ filter: VectorFilter, k: Int, weights: PartWeights, tenant: Tenant, page: Int
    ) async throws -> (matches: [LateFusion.Match], compared: Int) {
        let table = table
        var best: [LateFusion.Match] = []
        var (last, compared) = ("", 0)
        while true {
            let products = try await store.scan { [last] db in
                try table.products(of: tenant, after: last, limit: page, in: db)
            }
            guard let end = products.last else { return (best, compared) }
            var fusion = LateFusion(weights: weights)
            for query in queries {
                let found = try await scores(of: products, query, filter, tenant: tenant)
                compared += found.compared
                fusion.add(found.hits, of: query.part)
            }
            best = Array((best + fusion.best(k).matches).sorted(by: LateFusion.precedes).prefix(k))
            last = end
        }
    }

    /// One part's products, the best first.
    private func list(
        _ query: PartQuery, _ filter: VectorFilter, k: Int, tenant: Tenant
    ) async throws -> (hits: [(product: String, hit: LateFusion.Hit)], compared: Int) {
        let found = try await collections.search(
            query.result.vector, model: query.result.model, tenant: tenant, scope: query.part.scope, k: k,
            filter: filter, deadline: query.deadline)
        let hits = found.matches.map { match in
            (product: match.owner, hit: LateFusion.Hit(item: match.item, score: match.score))
        }
        return (hits, found.compared)
    }

    /// The scores of some products in one part, of those that have it and fit.
    private func scores(
        of products: [String], _ query: PartQuery, _ filter: VectorFilter, tenant: Tenant
    ) async throws -> (hits: [(product: String, hit: LateFusion.Hit)], compared: Int) {
        var items = products
        if query.part == .image {
            let table = table
            items = try await store.read { db in
                try table.images(ofProducts: products, in: db).values.flatMap { $0.map(\.imageID) }
            }
        }
        guard !items.isEmpty else { return ([], 0) }
        return try await list(query, .all([filter, .items(items)]), k: products.count, tenant: tenant)
    }

    private func rows(of products: [String], tenant: Tenant) async throws -> [String: Product] {
        let table = table
        return try await store.read { db in
            Dictionary(
                uniqueKeysWithValues: try table.products(products, of: tenant, in: db).map { ($0.productID, $0) })
        }
    }

    private static func shown(_ match: LateFusion.Match, _ product: Product) -> ScanReply.Match {
        let image = match.hits[.image]
        return ScanReply.Match(
            productID: product.productID, externalID: product.externalID, title: product.title,
            template: product.template, sourceType: product.sourceType, score: match.score, imageID: image?.item,
            imageScore: image.map { Double($0.score) }, textScore: match.hits[.text].map { Double($0.score) })
    }
}

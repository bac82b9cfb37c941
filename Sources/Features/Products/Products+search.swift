import HearthCore
import HearthInference
import HearthVectorStore
import HearthVectors

extension Products {
    /// What a search found.
    struct FoundProducts: Sendable {
        /// Best first.
        var matches: [ScanReply.Match] = []
        var compared = 0
        /// Which vectors were compared: parts that count nothing are left out.
        var searched = ScanReply.Searched.image
        var time: Duration = .zero
    }

    /// The `k` products closest to one query, or to two by weight; deleted ones are never among them.
    func search(
        _ queries: [PartQuery], _ filter: SearchFilter, k: Int, weights: PartWeights, tenant: Tenant
    ) async throws -> FoundProducts {
        let start = ContinuousClock.now
        let counted = queries.count > 1 ? queries.filter { weights[$0.part] > 0 } : queries
        var found = FoundProducts()
        found.searched = counted.count > 1 ? .combined : counted.first?.part == .text ? .text : .image
        var wanted = k
        // Products that went or changed between the search and the look at their rows leave gaps: then deeper.
        for round in 0..<4 {
            let closest = try await metrics.time(.scanSearch) {
                try await best(counted, filter, k: wanted, weights: weights, tenant: tenant)
            }
            let products = try await rows(of: closest.matches.map(\.product), tenant: tenant)
            found.compared = closest.compared
            found.matches = closest.matches.compactMap { match in
                products[match.product].flatMap { filter.holds($0) ? Self.shown(match, $0) : nil }
            }
            if found.matches.count >= k || closest.matches.count < wanted || round == 3 { break }
            wanted += 2 * (wanted - found.matches.count)
        }
        found.matches = Array(found.matches.prefix(k))
        found.time = .now - start
        return found
    }

    private func best(
        _ queries: [PartQuery], _ filter: SearchFilter, k: Int, weights: PartWeights, tenant: Tenant
    ) async throws -> (matches: [LateFusion.Match], compared: Int) {
        var depth = queries.count > 1 ? max(4 * k, 64) : k
        while true {
            var fusion = LateFusion(weights: queries.count > 1 ? weights : PartWeights(image: 1, text: 1))
            var compared = 0
            for query in queries {
                let found = try await list(query, filter.conditions, k: depth, tenant: tenant)
                compared += found.compared
                fusion.add(found.hits, of: query.part)
                fusion.setBound(found.hits.count < depth ? nil : found.hits.last?.hit.score, of: query.part)
            }
            guard queries.count > 1 else { return (fusion.best(k).matches, compared) }
            for query in queries { try await complete(&fusion, query, tenant: tenant) }
            let (matches, isCertain) = fusion.best(k)
            if isCertain || depth >= Limits.fusionDepth { return (matches, compared) }
            depth *= 4
        }
    }

    /// One part's products, the best first.
    private func list(
        _ query: PartQuery, _ filter: VectorFilter, k: Int, tenant: Tenant
    ) async throws -> (hits: [(product: String, hit: LateFusion.Hit)], compared: Int) {
        let found = try await collections.search(
            query.result.vector, model: query.result.model, tenant: tenant, scope: query.part.scope, k: k,
            filter: filter)
        let hits = found.matches.map { match in
            (product: match.owner, hit: LateFusion.Hit(item: match.item, score: match.score))
        }
        return (hits, found.compared)
    }

    /// Looks up the scores of products that a part's list does not reach.
    private func complete(_ fusion: inout LateFusion, _ query: PartQuery, tenant: Tenant) async throws {
        let missing = fusion.missing(query.part)
        guard !missing.isEmpty else { return }
        var items = Set(missing)
        if query.part == .image {
            let table = table
            items = try await store.read { db in
                Set(try table.images(ofProducts: missing, in: db).values.joined().map(\.imageID))
            }
        }
        guard !items.isEmpty else { return }
        let found = try await list(query, .items(items), k: items.count, tenant: tenant)
        fusion.add(found.hits, of: query.part)
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

import HearthCore
import HearthInference
import HearthJSON
import HearthTesting
import HearthVectors
import Testing

@testable import HearthProducts

/// Scans with a picture and words are exact, however much the lists of both contradict each other.
@Suite(.timeLimit(.minutes(3))) struct CombinedSearchTests {
    /// Products whose titles are all as close to the words as the first one, so that the list of texts settles nothing;
    /// some have no picture, some no words.
    private func bench(seed: UInt64, count: Int) async throws -> ProductBench {
        var random = RepeatableRandom(seed: seed)
        let bench = try await ProductBench()
        for number in 0..<count {
            var fields: JSONValue = ["attributes": ["n": .int(Int64(number % 5))]]
            let hasPicture = !random.chance(10)
            if !hasPicture || !random.chance(10) { fields["title"] = random.chance(80) ? "red shirt" : "blue shirt" }
            try await bench.upsert("sku-\(number)", picture: hasPicture ? number : nil, fields)
        }
        try await bench.runJobs()
        return bench
    }

    private func query(_ input: EmbeddingInput, of part: ProductPart, _ bench: ProductBench) async throws
        -> Products.PartQuery
    {
        let model = part == .image ? ProductBench.picturesModel : ProductBench.textsModel
        let engine = WordEngine(models: bench.models, asked: bench.asked, crowd: nil)
        let result = try await engine.embed(
            InferenceRequest(model: model.id, input: input, deadline: ContinuousClock.now + .seconds(9)))
        return Products.PartQuery(part: part, result: result, time: .zero)
    }

    @Test(arguments: RepeatableRandom.seeds(6)) func theBestOfAllAreThoseOfWholeLists(seed: UInt64) async throws {
        let bench = try await bench(seed: seed, count: 260)
        let picture = ProductBench.picture(999)
        let queries = [
            try await query(.image(picture), of: .image, bench),
            try await query(.text("red shirt", role: .query), of: .text, bench),
        ]
        let weights = PartWeights(image: 0.4 + Double(seed) / 10, text: 0.5)
        for filter in [VectorFilter.everything, .not(.equals("n", .number(2)))] {
            for k in [1, 7, 40] {
                func ranking(_ limits: Products.MergeLimits) async throws -> (
                    matches: [LateFusion.Match], compared: Int
                ) {
                    try await bench.products.ranking(
                        queries, filter, k: k, weights: weights, tenant: .local, limits: limits)
                }
                // Lists that end have every product in them.
                let whole = try await ranking(.init(depth: .max, page: 1))
                try #require(whole.matches.count == k)
                for limits in [Products.MergeLimits(depth: 0, page: 50), .init(depth: 100, page: 33)] {
                    let found = try await ranking(limits)
                    #expect(found.matches == whole.matches, "seed \(seed), k \(k), \(limits)")
                    #expect(found.compared == whole.compared)
                }
            }
        }
    }

    @Test func aDeletedProductIsNotAmongTheBestOfAll() async throws {
        let bench = try await bench(seed: 1, count: 40)
        try await bench.call("products.delete", ["product": "sku-3"])
        let queries = [
            try await query(.image(ProductBench.picture(3)), of: .image, bench),
            try await query(.text("red shirt", role: .query), of: .text, bench),
        ]
        let found = try await bench.products.ranking(
            queries, .everything, k: 40, weights: .standard, tenant: .local, limits: .init(depth: 0, page: 7))
        #expect(found.matches.count == 39)
    }
}

import HearthTesting
import Testing

@testable import HearthProducts

@Suite struct LateFusionTests {
    private func hit(_ score: Float) -> LateFusion.Hit { LateFusion.Hit(item: "i", score: score) }

    @Test func aProductWithOnePartCountsByThatPart() {
        var fusion = LateFusion(weights: PartWeights(image: 3, text: 1))
        fusion.add([("both", hit(0.8)), ("picture", hit(0.7))], of: .image)
        fusion.add([("both", hit(0.4)), ("words", hit(0.75))], of: .text)
        let (matches, isCertain) = fusion.best(3)
        #expect(matches.map(\.product) == ["words", "both", "picture"])
        #expect(matches.map(\.score).map { Float($0) } == [0.75, 0.7, 0.7])
        #expect(isCertain)
    }

    @Test func whatIsBelowTheListsMayStillBelongAbove() {
        var fusion = LateFusion(weights: .standard)
        fusion.add([("a", hit(0.9))], of: .image)
        fusion.add([("a", hit(0.1))], of: .text)
        fusion.setBound(0.9, of: .image)
        #expect(!fusion.best(1).isCertain, "an unseen product may have 0.9 in both")
        fusion.setBound(0.4, of: .image)
        #expect(fusion.best(1).isCertain)
        fusion.setBound(nil, of: .image)
        #expect(fusion.best(5).isCertain, "the lists have ended")
    }

    /// Lists are read deeper until it is certain; the order is then that of all scores.
    @Test(arguments: RepeatableRandom.seeds(60)) func whatIsCertainIsRight(seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        let weights = PartWeights(
            image: Double.random(in: 0.05...1, using: &random), text: Double.random(in: 0.05...1, using: &random))
        var all: [ProductPart: [(product: String, hit: LateFusion.Hit)]] = [:]
        for part in ProductPart.allCases {
            all[part] = (0..<80).filter { _ in random.chance(75) }.map { number in
                ("p\(number)", hit(Float.random(in: -1...1, using: &random)))
            }.sorted { $0.hit.score > $1.hit.score }
        }
        var oracle = LateFusion(weights: weights)
        for part in ProductPart.allCases { oracle.add(all[part] ?? [], of: part) }
        let expected = oracle.best(5).matches
        for depth in [1, 2, 4, 8, 16, 32, 64, 128] {
            var fusion = LateFusion(weights: weights)
            for part in ProductPart.allCases {
                let list = all[part] ?? []
                fusion.add(Array(list.prefix(depth)), of: part)
                fusion.setBound(list.count <= depth ? nil : list[depth - 1].hit.score, of: part)
            }
            for part in ProductPart.allCases {
                let missing = Set(fusion.missing(part))
                fusion.add((all[part] ?? []).filter { missing.contains($0.product) }, of: part)
            }
            let (matches, isCertain) = fusion.best(5)
            if isCertain { #expect(matches == expected, "seed \(seed), depth \(depth)") }
            if depth == 128 { #expect(isCertain) }
        }
    }
}

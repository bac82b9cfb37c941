import HearthInference
import Testing

@Suite struct RetrievalEvaluationTests {
    private func view(_ owner: String, _ vector: [Float]) -> RetrievalEvaluation.View {
        RetrievalEvaluation.View(owner: owner, vector: vector)
    }

    /// Three owners with three pictures each, which differ in nothing.
    private var distinct: [RetrievalEvaluation.View] {
        ["a", "b", "c"].enumerated().flatMap { place, owner in
            (0..<3).map { _ in view(owner, (0..<3).map { $0 == place ? 1 : 0 }) }
        }
    }

    @Test func aPerfectModelFindsEverything() {
        let shop = [view("a", [1, 0, 0]), view("b", [0, 1, 0]), view("c", [0, 0, 1])]
        let result = RetrievalEvaluation().evaluate(views: distinct, shop: shop)
        #expect(result.top1 == 1 && result.top5 == 1 && result.viewToShop == 1 && result.itself == 1)
        #expect(result.found["@1"] == 1 && result.found["@5"] == 1)
        #expect(result.owners == 3 && result.pictures == 9 && result.repeated == 9)
        #expect(result.decision == nil, "there is no threshold")
    }

    @Test func aPictureDoesNotFindItself() {
        let views = [view("a", [1, 0]), view("b", [1, 0]), view("b", [0, 1])]
        let result = RetrievalEvaluation().evaluate(views: views)
        #expect(result.top1 == 0, "the nearest of each b is a picture of a, or equally far")
        #expect(result.repeated == 2, "a has one picture only, so it cannot be found without itself")
        #expect(result.viewToShop == nil)
    }

    @Test func whatIsFoundIsOfWhatCouldBeFound() {
        let views = [view("a", [1, 0]), view("b", [0.9, 0.1]), view("a", [0, 1]), view("b", [0.1, 0.9])]
        let result = RetrievalEvaluation().evaluate(views: views)
        #expect(result.top1 == 0 && result.top5 == 1)
        #expect(result.found["@1"] == 0 && result.found["@5"] == 1)
    }

    /// So it is no rate of hits, which `top1` and `top5` are: it may fall with the depth, and they do not.
    @Test func theShareThatIsFoundMayFallWithTheDepth() {
        let near = [view("a", [1, 0, 0]), view("a", [0.99, 0.1, 0]), view("a", [0, 0, 1])]
        let others = (0..<8).map { view("b\($0)", [0.7, 0.7, Float($0) / 100]) }
        let result = RetrievalEvaluation().evaluate(views: near + others)
        #expect(result.top1 ?? 0 <= result.top5 ?? 0)
        #expect(result.found["@1"] ?? 0 > result.found["@5"] ?? 1, "\(result.found)")
    }

    @Test func nothingIsNoDivisionByZero() {
        let result = RetrievalEvaluation().evaluate(views: [], match: MatchRule(threshold: 0.5))
        #expect(result.pictures == 0 && result.top1 == nil && result.itself == 0)
        #expect(result.decision?.strangersAccepted == nil && result.strangerThresholds.isEmpty)
    }

    @Test func changedPicturesAreLookedForAmongTheUnchanged() {
        let views = [view("a", [1, 0]), view("b", [0, 1])]
        let swapped = RetrievalEvaluation().evaluate(
            views: views, queries: [view("a", [0, 1]), view("b", [1, 0.1])])
        #expect(swapped.itself == 0 && swapped.top1 == nil)
        let half = RetrievalEvaluation().evaluate(views: views, queries: [view("a", [1, 0.1]), nil])
        #expect(half.pictures == 1 && half.itself == 1, "one that could not be changed is not counted")
    }

    @Test func aThresholdTellsKnownPicturesFromStrangers() throws {
        // Pictures of one owner have a cosine of 0.8, those of two owners 0.6 and less.
        let views = [
            view("a", [1, 0, 0]), view("a", [0.8, 0.6, 0]), view("b", [0, 0, 1]), view("b", [0, 0.6, 0.8]),
        ]
        func decision(_ threshold: Double) throws -> RetrievalEvaluation.Decision {
            try #require(RetrievalEvaluation().evaluate(views: views, match: MatchRule(threshold: threshold)).decision)
        }
        let (low, high) = (try decision(0.7), try decision(0.9))
        #expect(low.known == 1 && low.itselfKnown == 1 && low.strangersAccepted == 0)
        #expect(high.known == 0 && high.itselfKnown == 1 && high.strangersAccepted == 0)
        // The nearest of another owner: 0.36 for two of them, less for the other two.
        #expect(try decision(0.3).strangersAccepted == 0.5)
    }

    @Test func aThresholdIsNamedThatFewStrangersReach() throws {
        // 40 owners with a picture each; the first two are near each other.
        let views = (0..<40).map { number in
            view("\(number)", (0..<40).map { $0 == number ? 1 : number < 2 && $0 < 2 ? 0.9 : 0 })
        }
        let result = RetrievalEvaluation().evaluate(views: views)
        let five = try #require(result.strangerThresholds["0.05"])
        let one = try #require(result.strangerThresholds["0.01"])
        #expect(five < 0.1, "2 of 40 strangers are 5 %")
        #expect(one > 0.9, "1 % of 40 strangers is none")
        let decision = RetrievalEvaluation().evaluate(views: views, match: MatchRule(threshold: one)).decision
        #expect(decision?.strangersAccepted == 0)
    }

    @Test func vectorsOfAnyLengthAreCompared() {
        for dims in [1, 7, 8, 9, 390] {
            let views = (0..<2).map { owner in
                view("\(owner)", (0..<dims).map { Float($0 % 2 == owner ? 2 : -1) })
            }
            #expect(RetrievalEvaluation().evaluate(views: views).itself == 1, "\(dims)")
        }
    }
}

import HearthCore
import HearthInference
import HearthTesting
import Testing

/// From which score on a match counts, by how many were compared.
@Suite struct MatchRuleTests {
    @Test func theThresholdFallsWithEachHalving() {
        let rule = MatchRule(threshold: 0.91, anchors: 64, perHalving: 0.01)
        #expect([64, 65, 1_000_000].map { rule.threshold(among: $0) } == [0.91, 0.91, 0.91])
        #expect([32, 16, 8, 2, 1].map { rule.threshold(among: $0) } == [0.9, 0.89, 0.88, 0.86, 0.85])
        #expect(rule.threshold(among: 9) == 0.882 && rule.threshold(among: 0) == 0.85)
    }

    @Test func aModelThatSaysNothingOfNumbersHasOneThreshold() {
        let rule = MatchRule(threshold: 0.84)
        #expect([0, 1, 64, 100_000].allSatisfy { rule.threshold(among: $0) == 0.84 })
        var status = ModelStatus.ready("m", .imageEmbedding, dims: 8)
        #expect(status.matchRule == nil)
        status.matchThreshold = 0.84
        #expect(status.matchRule == rule)
        (status.matchAnchors, status.matchPerHalving) = (64, 0.01)
        #expect(status.matchRule == MatchRule(threshold: 0.84, anchors: 64, perHalving: 0.01))
    }

    @Test func anEvaluationJudgesEachPictureAmongThoseThatItIsComparedWith() {
        // Two pictures of each of two owners, with a cosine of 0.88 within, and 0.23 between.
        func view(_ owner: String, _ vector: [Float]) -> RetrievalEvaluation.View {
            .init(owner: owner, vector: vector)
        }
        let views = [
            view("a", [1, 0, 0]), view("a", [0.88, 0.475, 0]), view("b", [0, 0, 1]), view("b", [0, 0.475, 0.88]),
        ]
        func known(_ rule: MatchRule) -> Double? {
            RetrievalEvaluation().evaluate(views: views, match: rule).decision?.known
        }
        #expect(known(MatchRule(threshold: 0.9)) == 0)
        #expect(known(MatchRule(threshold: 0.9, anchors: 12, perHalving: 0.02)) == 1, "0.86 among three others")
    }
}

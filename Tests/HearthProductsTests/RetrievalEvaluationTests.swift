import Testing

@testable import HearthProducts

@Suite struct RetrievalEvaluationTests {
    private func view(_ product: String, _ vector: [Float]) -> RetrievalEvaluation.View {
        RetrievalEvaluation.View(product: product, vector: vector)
    }

    @Test func aPerfectModelFindsEverything() {
        let views = ["a", "b", "c"].enumerated().flatMap { place, product in
            (0..<3).map { _ in view(product, (0..<3).map { $0 == place ? 1 : 0 }) }
        }
        let shop = [view("a", [1, 0, 0]), view("b", [0, 1, 0]), view("c", [0, 0, 1])]
        let result = RetrievalEvaluation().evaluate(views: views, shop: shop)
        #expect(result.top1 == 1 && result.top5 == 1 && result.viewToShop == 1)
        #expect(result.recall["@1"] == 1 && result.recall["@5"] == 1)
        #expect(result.products == 3 && result.views == 9)
    }

    @Test func aPictureDoesNotFindItself() {
        let result = RetrievalEvaluation().evaluate(
            views: [view("a", [1, 0]), view("b", [1, 0]), view("b", [0, 1])], shop: [])
        #expect(result.top1 == 0, "a's nearest is b, and both of b are nearer to others or far")
        #expect(result.viewToShop == nil)
    }

    @Test func recallCountsWhatCouldBeFound() {
        let views = [view("a", [1, 0]), view("b", [0.9, 0.1]), view("a", [0, 1]), view("b", [0.1, 0.9])]
        let result = RetrievalEvaluation().evaluate(views: views, shop: [])
        #expect(result.top1 == 0 && result.top5 == 1)
        #expect(result.recall["@1"] == 0 && result.recall["@5"] == 1)
    }

    @Test func nothingIsNoDivisionByZero() {
        let result = RetrievalEvaluation().evaluate(views: [], shop: [])
        #expect(result.views == 0 && result.top1 == 0)
    }
}

import Testing

@testable import HearthVectors

@Suite("Items as close as each other")
struct TiedScoreTests {
    /// Many items with one vector, which come in an order that is not that of their ids, and a few others.
    private func index() throws -> ResidentIndex {
        let index = ResidentIndex(name: "tied", dims: 4, metric: .dot)
        for number in 0..<300 {
            try index.upsert(item: "same\(1_000 - number)", owner: "same\(1_000 - number)", vector: [1, 0, 0, 0])
        }
        for number in 0..<300 {
            let vector: [Float] = [number < 2 ? 2 : 0.5, Float(number) / 300, 0, 0]
            try index.upsert(item: "other\(number)", owner: "other\(number)", vector: vector)
        }
        return index
    }

    @Test("come by their ids, also those that no longer fit", arguments: [1, 2, 3, 10, 200], [false, true])
    func order(k: Int, isExact: Bool) throws {
        let request = IndexRequest(
            queries: [ScanQuery([1, 0, 0, 0], metric: .dot)], k: k, filter: .everything, isExact: isExact)
        let answer = try #require(try index().search([request], cores: 1).first)
        let expected = ["other0", "other1"] + (701...1_000).map { "same\($0)" }.sorted()
        #expect(answer.matches[0].map(\.item) == Array(expected.prefix(k)))
    }
}

import HearthTesting
import Synchronization
import Testing

@testable import HearthVectors

@Suite("Searches that nobody waits for any more")
struct UnwantedSearchTests {
    private func index() throws -> ResidentIndex {
        let index = ResidentIndex(name: "i", dims: 8, metric: .cosine)
        var random = RepeatableRandom(seed: 3)
        for number in 0..<500 {
            try index.upsert(item: "\(number)", owner: "\(number)", vector: random.unitVector(dims: 8))
        }
        return index
    }

    private func queries(_ count: Int) -> [ScanQuery] {
        var random = RepeatableRandom(seed: 4)
        return (0..<count).map { _ in ScanQuery(random.unitVector(dims: 8), metric: .cosine) }
    }

    @Test("stop at the next look, and say so")
    func stop() throws {
        let looks = Atomic(0)
        let request = IndexRequest(queries: queries(20), k: 3, filter: .everything, isExact: false) {
            looks.add(1, ordering: .relaxed).oldValue < 5
        }
        let answer = try #require(try index().search([request], cores: 1, bytesOfScan: 1).first)
        #expect(!answer.isComplete)
        #expect(looks.load(ordering: .relaxed) == 6, "it is not asked again after it has said no")
        #expect(answer.matches.count { !$0.isEmpty } == 5)
    }

    @Test("leave the others of their pass alone")
    func others() throws {
        let index = try index()
        let wanted = IndexRequest(queries: queries(4), k: 3, filter: .everything, isExact: false)
        let gone = IndexRequest(queries: queries(4), k: 3, filter: .everything, isExact: false) { false }
        let alone = try #require(try index.search([wanted], cores: 1).first)
        let answers = try index.search([gone, wanted, gone], cores: 1, bytesOfScan: 1)
        #expect(answers.map(\.isComplete) == [false, true, false])
        #expect(answers[1].matches == alone.matches)
    }
}

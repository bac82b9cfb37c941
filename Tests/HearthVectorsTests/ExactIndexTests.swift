import HearthTesting
import HearthVectors
import Testing

@Suite struct ExactIndexTests {
    /// The same search in the plainest words.
    private struct Oracle {
        var rows: [String: (owner: String, vector: [Float])] = [:]

        func search(_ query: [Float], k: Int) -> [(item: String, score: Float)] {
            var best: [String: (item: String, score: Float)] = [:]
            for (item, row) in rows {
                let score = zip(row.vector, query).reduce(Float(0)) { $0 + $1.0 * $1.1 }
                if let other = best[row.owner], other.score > score { continue }
                best[row.owner] = (item, score)
            }
            return Array(best.values.sorted { $0.score > $1.score }.prefix(k))
        }
    }

    @Test(arguments: RepeatableRandom.seeds(30))
    func itFindsWhatThePlainSearchFindsAfterAnyChanges(seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        let dims = Int.random(in: 1...70, using: &random)
        var index = ExactIndex(dims: dims)
        var oracle = Oracle()
        for _ in 0..<200 {
            let item = "item-\(Int.random(in: 0..<40, using: &random))"
            if random.chance(30) {
                let (isGone, wasThere) = (index.remove(item: item), oracle.rows.removeValue(forKey: item) != nil)
                #expect(isGone == wasThere, "seed \(seed)")
            } else {
                let owner = "owner-\(Int.random(in: 0..<8, using: &random))"
                let vector = random.unitVector(dims: dims)
                index.upsert(item: item, owner: owner, vector: vector)
                oracle.rows[item] = (owner, vector)
            }
            let query = random.unitVector(dims: dims)
            let found = index.search(query, k: 5)
            let expected = oracle.search(query, k: 5)
            #expect(found.count == expected.count, "seed \(seed)")
            for (left, right) in zip(found, expected) {
                #expect(abs(left.score - right.score) < 1e-5, "seed \(seed)")
                #expect(oracle.rows[left.item]?.owner == left.owner, "seed \(seed): a deleted item came back")
            }
        }
        #expect(index.count == oracle.rows.count, "seed \(seed)")
    }

    @Test func aSnapshotDoesNotChange() {
        var index = ExactIndex(dims: 2)
        index.upsert(item: "a", owner: "a", vector: [1, 0])
        let snapshot = index
        index.remove(item: "a")
        #expect(snapshot.search([1, 0], k: 1).map(\.item) == ["a"])
        #expect(index.search([1, 0], k: 1).isEmpty)
    }
}

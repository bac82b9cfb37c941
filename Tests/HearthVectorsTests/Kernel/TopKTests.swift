import HearthTesting
import HearthVectors
import Testing

@Suite struct TopKTests {
    @Test(arguments: RepeatableRandom.seeds(60))
    func itKeepsWhatASortPutsFirst(seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        let count = Int.random(in: 0...300, using: &random)
        let capacity = Int.random(in: 0...80, using: &random)
        // Few different keys, so that there are ties.
        let kinds = [1, 5, 1_000][Int.random(in: 0..<3, using: &random)]
        let all = (0..<count).map { ScanCandidate(key: Float(Int.random(in: 0..<kinds, using: &random)), row: $0) }
        let (heap, left, right) = (
            TopK(capacity: capacity), TopK(capacity: capacity), TopK(capacity: capacity)
        )
        for candidate in all.shuffled(using: &random) {
            heap.offer(candidate.key, row: candidate.row)
            (random.chance(50) ? left : right).offer(candidate.key, row: candidate.row)
        }
        left.merge(right)
        let expected = Array(all.sorted(by: ScanCandidate.isCloser).prefix(capacity))
        #expect(heap.sorted == expected, "seed \(seed)")
        #expect(left.sorted == expected, "seed \(seed): merged")
        #expect(heap.count == expected.count)
    }

    @Test func whatIsNoNumberComesLast() {
        let heap = TopK(capacity: 3)
        for (row, key) in [Float.nan, 1, -.infinity, .nan, 2].enumerated() { heap.offer(key, row: row) }
        #expect(heap.sorted.map(\.row) == [4, 1, 0])
    }

    @Test(arguments: RepeatableRandom.seeds(40))
    func onRequestItKeepsAllThatAreAsCloseAsTheLast(seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        let capacity = Int.random(in: 1...20, using: &random)
        let all = (0..<Int.random(in: 0...300, using: &random)).map { row in
            ScanCandidate(key: Float(Int.random(in: 0..<9, using: &random)), row: row)
        }
        let (left, right) = (TopK(capacity: capacity, keepsTies: true), TopK(capacity: capacity, keepsTies: true))
        for candidate in all.shuffled(using: &random) {
            (random.chance(50) ? left : right).offer(candidate.key, row: candidate.row)
        }
        left.merge(right)
        let sorted = all.sorted(by: ScanCandidate.isCloser)
        let last = sorted.prefix(capacity).last?.key ?? 0
        #expect(left.sorted == sorted.filter { $0.key >= last }, "seed \(seed)")
    }

    @Test func itCanBeUsedAgain() {
        let heap = TopK(capacity: 2)
        heap.offer(5, row: 1)
        heap.removeAll()
        heap.offer(3, row: 2)
        #expect(heap.sorted == [ScanCandidate(key: 3, row: 2)])
    }
}

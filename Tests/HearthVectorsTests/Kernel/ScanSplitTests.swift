import HearthTesting
import Testing

@testable import HearthVectors

@Suite struct ScanSplitTests {
    /// Vectors around some centres, as those of pictures are.
    private func clustered(_ count: Int, dims: Int, using random: inout RepeatableRandom) -> [[Float]] {
        let centres = (0..<20).map { _ in random.unitVector(dims: dims) }
        return (0..<count).map { row in
            zip(centres[row % 20], random.unitVector(dims: dims)).map { $0 + 0.5 * $1 }
        }
    }

    @Test(arguments: VectorMetric.allCases)
    func clustersAreSearchedExactly(metric: VectorMetric) throws {
        var random = RepeatableRandom(seed: 3)
        let segment = SampleSegment(clustered(3_000, dims: 64, using: &random), dims: 64, metric: metric)
        let queries = clustered(40, dims: 64, using: &random).map { ScanQuery($0, metric: metric) }
        for set in InstructionSet.available {
            var split = ScanSplit()
            split.instructions = set
            let exact = try split.search([ScanSegment(segment.view)], queries: queries, k: 10, isExact: true)
            let found = try split.search([ScanSegment(segment.view)], queries: queries, k: 10)
            #expect(found == exact, "\(set), \(metric)")
            #expect(found.allSatisfy { $0 == $0.sorted(by: ScanCandidate.isCloser) })
        }
        withExtendedLifetime(segment) {}
    }

    @Test(arguments: RepeatableRandom.seeds(30))
    func answersHaveAllRowsThatMatch(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        let dims = Int.random(in: 1...40, using: &random)
        let metric = VectorMetric.allCases[Int.random(in: 0..<3, using: &random)]
        let k = Int.random(in: 1...150, using: &random)
        var (segments, bitmaps): ([SampleSegment], [ScanBitmap]) = ([], [])
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let first = segments.reduce(0) { $0 + $1.rows }
            let rows = Int.random(in: 0...200, using: &random)
            segments.append(SampleSegment(rows: rows, dims: dims, metric: metric, firstRow: first, using: &random))
            bitmaps.append(ScanBitmap(rows: rows, using: &random))
        }
        let vector = SampleSegment.vector(dims: dims, using: &random)
        var expected = Array(zip(segments, bitmaps)).flatMap { segment, bitmap in
            segment.scores(bitmap.rows, PlainQuery(vector, metric: metric))
        }
        expected.sort(by: ScanCandidate.isCloser)
        let last = expected.prefix(k).last?.key ?? 0
        expected = expected.filter { $0.key >= last }
        // The words stay where they are while pointers to them are used.
        let words = bitmaps.map { bitmap in
            let words = UnsafeMutablePointer<UInt64>.allocate(capacity: max(bitmap.words.count, 1))
            words.initialize(from: bitmap.words, count: bitmap.words.count)
            return words
        }
        defer { for words in words { words.deallocate() } }
        let parts = zip(segments, words).map { ScanSegment($0.view, bitmap: $1) }
        let query = ScanQuery(vector, metric: metric)
        #expect(try ScanSplit().search(parts, queries: [query], k: k, isExact: true) == [expected], "seed \(seed)")
        #expect(try ScanSplit().search(parts, queries: [query], k: k) == [expected], "seed \(seed)")
        withExtendedLifetime(segments) {}
    }

    @Test func partsCoverEveryRowOnce() {
        for cores in 1...5 {
            for rows in [[0], [1], [100_000], [70, 0, 30_000, 65, 200_000], [10_000, 10_000, 10_000]] {
                let scales = GuardedMemory(bytes: 64)
                let views = rows.map {
                    // Never read.
                    QuantisedMatrixView(rows: $0, dims: 500, codes: scales.bytes, scales: scales.floats, bounds: nil)
                }
                let parts = ScanSplit.parts(of: views, cores: cores, bytesPerComponent: 1)
                #expect(parts.count == max(1, min(cores, rows.reduce(0, +) * 512 / ScanSplit.bytesPerPart)))
                #expect(parts.count == 1 || parts.allSatisfy { !$0.isEmpty })
                for (segment, count) in rows.enumerated() {
                    let pieces = parts.joined().filter { $0.segment == segment }
                    #expect(pieces.first?.rows.lowerBound ?? 0 == 0)
                    #expect(pieces.last?.rows.upperBound ?? 0 == count)
                    #expect(zip(pieces, pieces.dropFirst()).allSatisfy { $0.rows.upperBound == $1.rows.lowerBound })
                    #expect(pieces.allSatisfy { $0.rows.lowerBound % 64 == 0 })
                }
                let sizes = parts.map { $0.reduce(0) { $0 + $1.rows.count } }
                #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 64 * parts.count * rows.count)
            }
        }
    }

    @Test func answersDoNotDependOnTheSplit() throws {
        var random = RepeatableRandom(seed: 6)
        // Enough for several parts; rows repeat, so that there are ties.
        let some = (0..<500).map { _ in random.unitVector(dims: 16) }
        let vectors = (0..<220_000).map { some[$0 % 500] }
        let segment = SampleSegment(vectors, dims: 16, metric: .cosine)
        let queries = (0..<3).map { _ in ScanQuery(random.unitVector(dims: 16), metric: .cosine) }
        var split = ScanSplit()
        split.cores = 1
        let alone = try split.search([ScanSegment(segment.view)], queries: queries, k: 20)
        split.cores = 3
        #expect(try split.search([ScanSegment(segment.view)], queries: queries, k: 20) == alone)
        // Each vector is there 440 times.
        #expect(alone.allSatisfy { $0.count == 440 })
        withExtendedLifetime(segment) {}
    }
}

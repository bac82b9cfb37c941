import HearthTesting
import HearthVectors
import Testing

/// Every instruction set that this machine has, against plain arithmetic: all of them to the last bit.
@Suite struct ScanKernelTests {
    /// Small and odd, around the widths of registers and lines, and huge.
    private static let dims =
        Array(1...20) + [
            31, 32, 33, 47, 48, 49, 63, 64, 65, 95, 96, 97, 127, 128, 129, 191, 192, 193, 255, 256, 257, 383, 384, 511,
            512, 513, 768, 1_000, 1_024, 2_047, 2_048, 4_095, 4_096,
        ]
    private static let counts = [0, 1, 2, 3, 4, 15, 16, 17, 63, 64, 65, 127, 128, 129, 200]

    /// Fewer rows where they are long: the reference is slow.
    private static func rows(_ count: Int, dims: Int) -> Int { min(count, max(3, 100_000 / dims)) }

    private func queries(
        _ count: Int, _ segment: SampleSegment, _ random: inout RepeatableRandom
    ) -> [(plain: PlainQuery, query: ScanQuery)] {
        (0..<count).map { _ in
            var vector = SampleSegment.vector(dims: segment.dims, using: &random)
            // Codes say nothing of a query of zeros.
            if vector.allSatisfy({ $0 == 0 }) { vector[0] = 1 }
            return (PlainQuery(vector, metric: segment.metric), ScanQuery(vector, metric: segment.metric))
        }
    }

    /// The best `k` rows by the keys of their codes, or by exact scores; all are kept meanwhile, so that none is passed
    /// over.
    private func scanned(
        _ segment: SampleSegment, _ queries: [ScanQuery], k: Int, rows: Range<Int>? = nil, bitmap: [UInt64]? = nil,
        isExact: Bool = false, _ set: InstructionSet
    ) -> [[ScanCandidate]] {
        let bits = bitmap ?? []
        return bits.withUnsafeBufferPointer { words in
            let words = bitmap == nil ? nil : words.baseAddress
            guard !isExact else {
                let heaps = queries.map { _ in TopK(capacity: k) }
                let first = segment.view.firstRow
                let all = queries.map { _ in ChosenRows(rows: [], open: [first..<first + segment.rows]) }
                ScanKernel.score(
                    segment.view, rows: rows, queries: queries, bitmap: words, chosen: all, into: heaps,
                    instructions: set)
                return heaps.map(\.sorted)
            }
            let gathers = queries.map { RowGather($0, bounds: segment.view.bounds, wanted: segment.rows + 1) }
            ScanKernel.scan(segment.view, rows: rows, bitmap: words, into: gathers, instructions: set)
            #expect(gathers.allSatisfy { $0.found.map(Int.init) == $0.best.map(\.row).sorted() })
            return gathers.map { Array($0.best.sorted(by: ScanCandidate.isCloser).prefix(k)) }
        }
    }

    @Test(arguments: dims)
    func keysAndScoresAreThoseOfPlainArithmetic(dims: Int) {
        var random = RepeatableRandom(seed: UInt64(dims))
        let metric = VectorMetric.allCases[dims % 3]
        let count = Self.rows(Self.counts[dims % Self.counts.count], dims: dims)
        let segment = SampleSegment(rows: count, dims: dims, metric: metric, firstRow: dims, using: &random)
        let pairs = queries(1 + dims % 6, segment, &random)
        let all = Array(0..<count)
        let keys = pairs.map { segment.keys(all, $0.plain).sorted(by: ScanCandidate.isCloser) }
        let scores = pairs.map { segment.scores(all, $0.plain).sorted(by: ScanCandidate.isCloser) }
        for set in InstructionSet.available {
            let queries = pairs.map(\.query)
            #expect(scanned(segment, queries, k: count, set) == keys, "\(set), \(dims) dims, \(count) rows")
            #expect(
                scanned(segment, queries, k: count, isExact: true, set) == scores,
                "\(set), \(dims) dims, \(count) rows, exact")
        }
    }

    @Test(arguments: RepeatableRandom.seeds(60))
    func partsAndBitmapsSelectTheirRows(seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        let dims = [1, 5, 33, 64, 100, 130][Int.random(in: 0..<6, using: &random)]
        let count = Int.random(in: 0...900, using: &random)
        let metric = VectorMetric.allCases[Int.random(in: 0..<3, using: &random)]
        let segment = SampleSegment(rows: count, dims: dims, metric: metric, using: &random)
        let bitmap = ScanBitmap(rows: count, using: &random)
        let begin = Int.random(in: 0...count, using: &random)
        let part = begin..<Int.random(in: begin...count, using: &random)
        let pairs = queries(Int.random(in: 1...20, using: &random), segment, &random)
        let k = Int.random(in: 1...40, using: &random)
        for (words, selected) in [(bitmap.words, bitmap.rows.filter(part.contains)), (nil, Array(part))] {
            for isExact in [false, true] {
                let expected = pairs.map { pair in
                    let all = isExact ? segment.scores(selected, pair.plain) : segment.keys(selected, pair.plain)
                    return Array(all.sorted(by: ScanCandidate.isCloser).prefix(k))
                }
                for set in InstructionSet.available {
                    let found = scanned(
                        segment, pairs.map(\.query), k: k, rows: part, bitmap: words, isExact: isExact, set)
                    #expect(found == expected, "seed \(seed), \(set), exact \(isExact), bitmap \(words != nil)")
                }
            }
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 33])
    func queriesTogetherFindWhatTheyFindAlone(count: Int) {
        var random = RepeatableRandom(seed: UInt64(count))
        let segment = SampleSegment(rows: 300, dims: 70, metric: .cosine, using: &random)
        let bitmap = ScanBitmap(rows: 300, using: &random).words
        let together = queries(count, segment, &random).map(\.query)
        for set in InstructionSet.available {
            for isExact in [false, true] {
                let all = scanned(segment, together, k: 20, bitmap: bitmap, isExact: isExact, set)
                let alone = together.flatMap { scanned(segment, [$0], k: 20, bitmap: bitmap, isExact: isExact, set) }
                #expect(all == alone, "\(set), exact \(isExact)")
            }
        }
    }

    /// The largest products there are: 16-bit sums would overflow, and so would signed ones of 255 · 127.
    @Test(arguments: [1, 2, 63, 64, 65, 512, 4_095, 4_096])
    func extremesDoNotSaturate(dims: Int) {
        let (up, down) = ([Float](repeating: 1, count: dims), [Float](repeating: -1, count: dims))
        let mixed = (0..<dims).map { $0 % 2 == 0 ? Float(1) : -1 }
        let rows = (0..<80).map { [up, down, mixed][$0 % 3] }
        let segment = SampleSegment(rows, dims: dims, metric: .dot)
        for vector in [up, down, mixed] {
            let expected = segment.keys(Array(0..<80), PlainQuery(vector, metric: .dot))
                .sorted(by: ScanCandidate.isCloser)
            for set in InstructionSet.available {
                #expect(scanned(segment, [ScanQuery(vector, metric: .dot)], k: 80, set) == [expected], "\(set)")
            }
        }
        let same = scanned(segment, [ScanQuery(up, metric: .dot)], k: 1, .portable)[0][0].key
        #expect(abs(same - Float(dims)) <= Float(dims) * 1e-6)
    }

    @Test func equalRowsAreKeptInTheirOrder() {
        let segment = SampleSegment([[Float]](repeating: [0.6, 0.8], count: 1_000), dims: 2, metric: .cosine)
        for set in InstructionSet.available {
            for isExact in [false, true] {
                let found = scanned(segment, [ScanQuery([1, 0], metric: .cosine)], k: 7, isExact: isExact, set)
                #expect(found[0].map(\.row) == Array(0..<7), "\(set), exact \(isExact)")
            }
        }
    }

    /// Values so large that their squares are infinite still give as many results as there are rows.
    @Test func overflowLosesNoRow() throws {
        let rows: [[Float]] = [[3e38, 0], [0, 3e38], [-3e38, 0], [1, 1], [0, 0]]
        for metric in VectorMetric.allCases {
            let segment = SampleSegment(rows, dims: 2, metric: metric)
            for set in InstructionSet.available {
                for isExact in [false, true] {
                    var split = ScanSplit()
                    split.instructions = set
                    let found = try split.search(
                        [ScanSegment(segment.view)], queries: [ScanQuery([3e38, 0], metric: metric)], k: 9,
                        isExact: isExact)
                    #expect(Set(found[0].map(\.row)) == [0, 1, 2, 3, 4], "\(metric), \(set), exact \(isExact)")
                }
            }
        }
    }

    /// Rows of one page each, of which those that do not take part cannot be read.
    @Test func rowsThatDoNotTakePartAreNotRead() {
        var random = RepeatableRandom(seed: 1)
        let count = 512
        let segment = SampleSegment(rows: count, dims: 4_096, metric: .dot, using: &random)
        // Two full words among empty ones, and some rows alone.
        let isIn = (0..<count).map { (64..<192).contains($0) || [0, 3, 63, 192, 300, 301, 511].contains($0) }
        let bitmap = ScanBitmap(isIn, using: &random)
        let pair = queries(1, segment, &random)[0]
        let expected = segment.keys(bitmap.rows, pair.plain).sorted(by: ScanCandidate.isCloser)
        for row in 0..<count where !isIn[row] { segment.hide(row: row) }
        for set in InstructionSet.available {
            #expect(scanned(segment, [pair.query], k: count, bitmap: bitmap.words, set) == [expected], "\(set)")
        }
    }

    @Test func gathersGoOnFromSegmentToSegment() {
        var random = RepeatableRandom(seed: 7)
        let vectors = (0..<200).map { _ in random.unitVector(dims: 40) }
        let whole = SampleSegment(vectors, dims: 40, metric: .cosine)
        let parts = [
            SampleSegment(Array(vectors[..<77]), dims: 40, metric: .cosine),
            SampleSegment(Array(vectors[77...]), dims: 40, metric: .cosine, firstRow: 77),
        ]
        let query = ScanQuery(random.unitVector(dims: 40), metric: .cosine)
        for set in InstructionSet.available {
            let gather = RowGather(query, bounds: whole.view.bounds, wanted: 30)
            for part in parts { ScanKernel.scan(part.view, into: [gather], instructions: set) }
            #expect([gather.best.sorted(by: ScanCandidate.isCloser)] == scanned(whole, [query], k: 30, set), "\(set)")
        }
    }
}

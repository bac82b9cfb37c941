import Foundation
import HearthTesting
import Testing

@testable import HearthVectors

/// A search that looks at codes first gives the bits that one gives which scores every row with float32.
@Suite("Searches by codes are exact") struct ExactSearchTests {
    private static let dims = [3, 17, 64, 130, 384]

    /// Rows of several segments; some rows do not take part.
    private struct World {
        let metric: VectorMetric
        let segments: [SampleSegment]
        let bitmaps: [ScanBitmap?]
        let queries: [[Float]]

        /// What plain arithmetic says: `k` rows for each query, and those that are as close as the last.
        func expected(k: Int) -> [[ScanCandidate]] {
            queries.map { query in
                let plain = PlainQuery(query, metric: metric)
                let all = zip(segments, bitmaps).flatMap { segment, bitmap in
                    segment.scores(bitmap?.rows ?? Array(0..<segment.rows), plain)
                }.sorted(by: ScanCandidate.isCloser)
                let last = all.prefix(k).last?.key ?? 0
                return all.filter { $0.key >= last }
            }
        }

        func found(k: Int, split: ScanSplit) throws -> [[ScanCandidate]] {
            // The words stay where they are while pointers to them are used.
            let bits = zip(segments, bitmaps).map { segment, bitmap in
                let bits = RowBits(count: segment.rows)
                for row in bitmap?.rows ?? [] { bits[row] = true }
                return bits
            }
            return try withExtendedLifetime((bits, segments)) {
                let parts = segments.indices.map { place in
                    ScanSegment(
                        segments[place].view, bitmap: bitmaps[place].map { _ in UnsafePointer(bits[place].words) })
                }
                let queries = queries.map { ScanQuery($0, metric: metric) }
                return try split.search(parts, queries: queries, k: k)
            }
        }
    }

    /// Segments of some vectors, in their order.
    private func segments(
        _ vectors: [[Float]], dims: Int, metric: VectorMetric, using random: inout RepeatableRandom
    ) -> [SampleSegment] {
        var (rest, segments) = (vectors[...], [SampleSegment]())
        while !rest.isEmpty {
            let part = rest.prefix(Int.random(in: 1...max(rest.count, 2), using: &random))
            segments.append(
                SampleSegment(Array(part), dims: dims, metric: metric, firstRow: vectors.count - rest.count))
            rest = rest.dropFirst(part.count)
        }
        return segments
    }

    private func check(_ world: World, k: Int, _ note: String) throws {
        let expected = world.expected(k: k)
        for set in InstructionSet.available {
            for cores in [1, 3] {
                var split = ScanSplit()
                (split.instructions, split.cores) = (set, cores)
                let found = try world.found(k: k, split: split)
                #expect(found == expected, "\(note), \(set), \(cores) cores")
            }
        }
    }

    /// Vectors around one or a few points, some of them the very same, some far away.
    @Test("among near-duplicates", arguments: RepeatableRandom.seeds(40))
    func crowds(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        let metric = VectorMetric.allCases[Int(seed) % 3]
        let dims = Self.dims[Int.random(in: 0..<Self.dims.count, using: &random)]
        let noise: Float = [1e-1, 1e-2, 3e-3, 1e-3, 1e-4, 1e-5][Int.random(in: 0..<6, using: &random)]
        let isUnit = random.chance(50)
        let centres = (0..<[1, 1, 3, 20][Int.random(in: 0..<4, using: &random)]).map { _ in
            let size = isUnit ? 1 : Float.random(in: 0.01...50, using: &random)
            return random.unitVector(dims: dims).map { $0 * size }
        }
        let far = [0, 0, 10, 60][Int.random(in: 0..<4, using: &random)]
        var vectors: [[Float]] = []
        for row in 0..<Int.random(in: 100...1_600, using: &random) {
            if random.chance(far) {
                vectors.append(SampleSegment.vector(dims: dims, using: &random))
            } else if random.chance(15), let other = vectors.randomElement(using: &random) {
                vectors.append(other)
            } else {
                let centre = centres[row % centres.count]
                let size = centre.map(abs).max() ?? 1
                vectors.append(centre.map { $0 + Float.random(in: -1.7...1.7, using: &random) * noise * size })
            }
        }
        let queries = (0..<[1, 2, 16][Int.random(in: 0..<3, using: &random)]).map { _ in
            random.chance(70) ? vectors.randomElement(using: &random) ?? [] : random.unitVector(dims: dims)
        }
        let segments = segments(vectors, dims: dims, metric: metric, using: &random)
        let isFiltered = random.chance(50)
        let bitmaps = segments.map { isFiltered ? ScanBitmap(rows: $0.rows, using: &random) : nil }
        let world = World(metric: metric, segments: segments, bitmaps: bitmaps, queries: queries)
        try check(
            world, k: [1, 5, 10, 100][Int.random(in: 0..<4, using: &random)],
            "seed \(seed), \(metric), \(dims) dims, noise \(noise), unit \(isUnit)")
    }

    /// Ten rows whose keys are as large as, or far larger than, their scores; ten rows that are a little closer, and
    /// whose keys are as much smaller than their scores as the bounds allow; and many that are farther.
    @Test("when every rounding misleads", arguments: VectorMetric.allCases, [Float(0), -0.49])
    func worstRounding(metric: VectorMetric, flattery: Float) throws {
        var random = RepeatableRandom(seed: 5)
        let dims = 128
        let signs: [Float] = (0..<dims).map { _ in random.chance(50) ? 1 : -1 }
        // For the distance the error counts along the way to the query, which therefore is far off.
        let query = signs.map { $0 * 0.2 }
        let plain = PlainQuery(query, metric: metric)
        func codes() -> [Float] {
            // The largest component sets the size of a step, 0.001.
            (0..<dims).map { $0 == 0 ? 127 : Float(Int.random(in: -80...80, using: &random)) }
        }
        /// Every component is off by a part of a step, towards the query or away from it.
        func vector(_ codes: [Float], off: Float) -> [Float] {
            zip(codes, signs).map { code, sign in (code + (code == 127 ? 0 : off * sign)) * 0.001 }
        }
        func score(_ vector: [Float]) -> Float {
            metric.prepared(vector).withUnsafeBufferPointer { SampleSegment.score(of: $0, plain, metric: metric) }
        }
        func raised(_ codes: [Float], off: Float, above goal: Float) -> [Float] {
            var codes = codes
            while score(vector(codes, off: off)) <= goal {
                let place = Int.random(in: 1..<dims, using: &random)
                if abs(codes[place]) < 110 { codes[place] += signs[place] }
            }
            return vector(codes, off: off)
        }
        let goal = (0..<9).map { _ in score(vector(codes(), off: 0)) }.max() ?? 0
        let flattered = (0..<10).map { _ in raised(codes(), off: flattery, above: goal) }
        let best = flattered.map(score).max() ?? 0
        let hidden = (0..<10).map { _ in raised(codes(), off: 0.49, above: best) }
        let others = (0..<300).map { _ in vector(codes(), off: 0) }.filter { score($0) < goal }
        #expect(hidden.count == 10 && others.count > 50)
        for vectors in [flattered + hidden + others, (others + hidden + flattered).shuffled(using: &random)] {
            let segment = SampleSegment(vectors, dims: dims, metric: metric)
            let world = World(metric: metric, segments: [segment], bitmaps: [nil], queries: [query])
            try check(world, k: 10, "\(metric), flattery \(flattery)")
        }
    }

    /// Lengths from 1e-20 to 1e15 in one collection: bounds that hold for all say little of each.
    @Test("whatever the sizes of vectors", arguments: RepeatableRandom.seeds(24))
    func sizes(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        let metric = VectorMetric.allCases[Int(seed) % 3]
        let dims = Self.dims[Int.random(in: 0..<3, using: &random)]
        let range = [Float(1e-20)...1e15, 1e-3...1e3, 1e-38...1e-30, 1e12...1e15][Int(seed) % 4]
        func vector(_ random: inout RepeatableRandom) -> [Float] {
            let exponents = log10(Double(range.lowerBound))...log10(Double(range.upperBound))
            let size = Float(pow(10, Double.random(in: exponents, using: &random)))
            return random.unitVector(dims: dims).map { $0 * size }
        }
        let vectors = (0..<700).map { _ in vector(&random) }
        let queries = (0..<4).map { _ in vector(&random) } + [vectors[3]]
        let world = World(
            metric: metric, segments: segments(vectors, dims: dims, metric: metric, using: &random),
            bitmaps: [ScanBitmap?](repeating: nil, count: 700), queries: queries)
        try check(world, k: 10, "seed \(seed), \(metric), \(dims) dims, \(range)")
    }
}

import Foundation
import HearthTesting
import Testing

@testable import HearthVectors

@Suite("Vectors that are nearly the same")
struct CrowdTests {
    @Test("a stored vector finds itself first", arguments: [Float(1e-2), 3e-3, 1e-3])
    func itself(noise: Float) throws {
        var random = RepeatableRandom(seed: 11)
        let centre = random.unitVector(dims: 384)
        let index = ResidentIndex(name: "crowd", dims: 384, metric: .cosine)
        var vectors: [[Float]] = []
        for number in 0..<3_000 {
            let vector = VectorMetric.cosine.prepared(
                centre.map { $0 + Float.random(in: -1.7...1.7, using: &random) * noise })
            try index.upsert(item: "\(number)", owner: "\(number)", vector: vector)
            vectors.append(vector)
        }
        for number in stride(from: 0, to: 3_000, by: 100) {
            let request = IndexRequest(
                queries: [ScanQuery(vectors[number], metric: .cosine)], k: 10, filter: .everything, isExact: false)
            let found = try #require(try index.search([request], cores: 1).first)
            #expect(found.matches[0].first?.item == "\(number)", "noise \(noise)")
        }
    }

    /// Two segments of a file and a tail, with rows that were replaced and removed.
    private func index(
        seed: UInt64, metric: VectorMetric, noise: Float, isByOwner: Bool, path: String
    ) throws -> (index: ResidentIndex, vectors: [[Float]]) {
        var random = RepeatableRandom(seed: seed)
        let dims = 48
        let centre = random.unitVector(dims: dims)
        let index = ResidentIndex(name: "c", dims: dims, metric: metric)
        var vectors: [[Float]] = []
        for number in 0..<1_500 {
            let isNear = random.chance(80)
            let vector = metric.prepared(
                isNear
                    ? centre.map { $0 + Float.random(in: -0.25...0.25, using: &random) * noise }
                    : random.unitVector(dims: dims))
            vectors.append(random.chance(10) ? vectors.randomElement(using: &random) ?? vector : vector)
            try index.upsert(
                item: "i\(number % 1_300)", owner: isByOwner ? "g\(number % 90)" : "i\(number % 1_300)",
                vector: vectors[number], attributes: ["n": .number(ExactNumber(Int64(number % 7)))])
            if number == 600 || number == 1_100 {
                let plan = try SegmentPlan(index, isWhole: false)
                plan.finish(Result { try plan.write(to: path, aside: path + ".part") }, in: index)
            }
            if number % 50 == 0 { try index.remove(item: "i\(number / 2)") }
        }
        return (index, vectors)
    }

    private func request(
        _ vectors: ArraySlice<[Float]>, metric: VectorMetric, k: Int, filter: VectorFilter, isExact: Bool
    ) -> IndexRequest {
        IndexRequest(
            queries: vectors.map { ScanQuery($0, metric: metric) }, k: k, filter: filter, isExact: isExact)
    }

    @Test("are searched exactly in files and in memory, with filters and owners", arguments: RepeatableRandom.seeds(18))
    func wholeIndex(seed: UInt64) throws {
        let metric = VectorMetric.allCases[Int(seed) % 3]
        let noise: Float = [1, 1e-1, 1e-2, 1e-3, 1e-4, 0][Int(seed / 3) % 6]
        let folder = try TemporaryFolder(.memory)
        let (index, vectors) = try index(
            seed: seed, metric: metric, noise: noise, isByOwner: seed % 2 == 0, path: folder.file("c.scan"))
        #expect(index.segments == 2)
        let filters: [VectorFilter] = [.everything, .not(.equals("n", .number(3))), .equals("n", .number(5))]
        for filter in filters {
            for (first, k) in [(0, 1), (100, 10), (900, 40), (1_400, 200)] {
                let queries = vectors[first..<first + 4]
                let answers = try [false, true].map {
                    try index.search(
                        [request(queries, metric: metric, k: k, filter: filter, isExact: $0)], cores: 2)[0]
                }
                #expect(answers[0].matches == answers[1].matches, "seed \(seed), k \(k), \(filter), noise \(noise)")
                #expect(answers[0].matches.allSatisfy { !$0.isEmpty })
            }
        }
    }

    @Test("are found exactly in a file without bounds, which the next whole file gets")
    func fileWithoutBounds() throws {
        let folder = try TemporaryFolder(.memory)
        let path = folder.file("c.scan")
        let (_, vectors) = try index(seed: 2, metric: .cosine, noise: 0.01, isByOwner: false, path: path)
        var bytes = try FileBytes.read(path)
        let known = try #require(bytes.withUnsafeBytes { SegmentHeader($0, available: bytes.count) })
        try #require(known.bounds != nil)
        // As files were before: zeros in the place of the bounds.
        var start = 0
        while start < bytes.count {
            let page = bytes[start..<start + SegmentHeader.bytes]
            let header = try #require(page.withUnsafeBytes { SegmentHeader($0, available: bytes.count - start) })
            bytes.replaceSubrange(start + 4_072..<start + 4_088, with: Data(count: 16))
            let sum = bytes[start..<start + 4_088].withUnsafeBytes { XXHash64.checksum($0) }
            withUnsafeBytes(of: sum.littleEndian) { bytes.replaceSubrange(start + 4_088..<start + 4_096, with: $0) }
            start += header.length
        }
        try FileBytes.write(bytes, path)
        let old = try #require(try ResidentIndex.open(path, name: "c", dims: 48, metric: .cosine))
        #expect(old.lacksBounds)
        let requests = [false, true].map {
            request(vectors[0..<5], metric: .cosine, k: 10, filter: .everything, isExact: $0)
        }
        let answers = try old.search(requests, cores: 1)
        #expect(answers[0].matches == answers[1].matches)
        let plan = try SegmentPlan(old, isWhole: true)
        plan.finish(Result { try plan.write(to: path, aside: path + ".part") }, in: old)
        let new = try #require(try ResidentIndex.open(path, name: "c", dims: 48, metric: .cosine))
        #expect(!new.lacksBounds && !old.lacksBounds)
        for index in [old, new] {
            #expect(try index.search(requests, cores: 1).map(\.matches) == answers.map(\.matches))
        }
    }

    /// What a search costs is what it scores: few rows among vectors that are told apart, and never one twice.
    @Test("cost no more than a look at each; others cost a look at few", arguments: [Float(0.8), 1e-2, 1e-3, 1e-5])
    func rowsThatAreScored(noise: Float) throws {
        var random = RepeatableRandom(seed: 3)
        let centres = (0..<(noise > 0.5 ? 20 : 1)).map { _ in random.unitVector(dims: 64) }
        let vectors = (0..<8_000).map { row in
            zip(centres[row % centres.count], random.unitVector(dims: 64)).map { $0 + noise * $1 }
        }
        let segment = SampleSegment(vectors, dims: 64, metric: .cosine)
        var split = ScanSplit()
        split.cores = 1
        let queries = [ScanQuery(vectors[7], metric: .cosine), ScanQuery(vectors[7_000], metric: .cosine)]
        let search = ScanSearch(split, [ScanSegment(segment.view)], queries, k: 10)
        for chosen in try search.choose() {
            var rows = Set(chosen.rows.map(Int.init))
            #expect(rows.count == chosen.rows.count)
            for range in chosen.open { rows.formUnion(range) }
            #expect(rows.count == chosen.count)
            #expect(chosen.count <= (noise > 0.5 ? 200 : 8_000), "noise \(noise)")
        }
        withExtendedLifetime(segment) {}
    }
}

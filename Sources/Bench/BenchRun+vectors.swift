import Foundation
import HearthCore
import HearthVectors

/// Vector scans beside what the memory gives, and beside FAISS.
///
/// All on one core unless said otherwise. Figures that are compared are taken in turn, in many rounds, and the best of
/// each counts (``BenchParts``): what other programs take of the memory's bandwidth varies more than they do.
extension BenchRun {
    private static let rounds = 30
    private static let searches = 100
    private static let queries = 16
    private static let k = 10

    func vectors() throws {
        show(
            BenchFigure(
                name: "instructions of vector scans", value: "\(InstructionSet.chosen)",
                bar: "of \(InstructionSet.available.map(\.rawValue).joined(separator: ", "))"))
        readingSpeed()
        growth()
        try searches()
        try crowds()
    }

    // MARK: Codes alone

    private func readingSpeed() {
        let vectors = BenchVectors(count: 1_000_000, keepsFloats: false)
        var (reading, scanning) = (BenchParts(of: vectors.count), BenchParts(of: vectors.count))
        for _ in 0..<Self.rounds {
            reading.measure { rows in
                let start = vectors.codes + rows.lowerBound * vectors.view.stride
                _ = ScanKernel.readSum(start, bytes: rows.count * vectors.view.stride)
            }
            Self.scan(vectors, &scanning)
        }
        let name = "int8 scan, 1,000,000 × 512, top 10: rate ÷ plain reading"
        show(.atLeast(90, reading.best / scanning.best * 100, "%", name))
        for (name, time) in [("  plain reading", reading.best), ("  the scan", scanning.best)] {
            let rate = BenchFigure.number(Double(vectors.codeBytes) / time / 1e6)
            show(BenchFigure(name: name, value: "\(BenchFigure.number(time)) ms, \(rate) GB/s"))
        }
    }

    private func growth() {
        // Both are larger than caches, where rows are cheaper.
        let small = BenchVectors(count: 400_000, keepsFloats: false)
        let large = BenchVectors(count: 4_000_000, keepsFloats: false)
        var (few, many) = (BenchParts(of: small.count), BenchParts(of: large.count))
        for _ in 0..<Self.rounds {
            Self.scan(small, &few)
            Self.scan(large, &many)
        }
        show(.atMost(10.5, many.best / few.best, "×", "int8 scan, 4,000,000 ÷ 400,000 vectors"))
        let times = "\(BenchFigure.number(many.best)) ms; \(BenchFigure.number(few.best)) ms"
        show(BenchFigure(name: "  of which", value: times))
        curve(large)
    }

    /// How long a scan takes by the number of vectors: what `Tools/plot_scan.py` draws.
    private func curve(_ vectors: BenchVectors) {
        let queries = BenchVectors.queries(Self.queries).map { ScanQuery($0, metric: .cosine) }
        for count in [1_000, 4_000, 10_000, 40_000, 100_000, 400_000, 1_000_000, vectors.count] {
            let rounds = max(Self.rounds, 4_000_000 / count)
            var best = (one: Double.infinity, all: Double.infinity, reading: Double.infinity)
            for _ in 0..<min(rounds, 400) {
                let (one, all) = (Self.gathers([queries[0]], vectors), Self.gathers(queries, vectors))
                let rows = 0..<count
                best.one = min(
                    best.one, Self.milliseconds { ScanKernel.scan(vectors.view, rows: rows, into: one) })
                best.all = min(
                    best.all, Self.milliseconds { ScanKernel.scan(vectors.view, rows: rows, into: all) })
                best.reading = min(
                    best.reading,
                    Self.milliseconds {
                        _ = ScanKernel.readSum(vectors.codes, bytes: count * vectors.view.stride)
                    })
            }
            let times = [best.one, best.all, best.reading].map { Int(($0 * 1_000).rounded()) }
            let value = "one query \(times[0]) µs, \(Self.queries) queries \(times[1]) µs, reading \(times[2]) µs"
            show(BenchFigure(name: "curve: \(count) × \(BenchVectors.dims)", value: value))
        }
    }

    /// One round of a scan of all rows for one query.
    private static func scan(_ vectors: BenchVectors, _ parts: inout BenchParts) {
        let query = BenchVectors.queries(1).map { ScanQuery($0, metric: .cosine) }
        let gathers = gathers(query, vectors)
        parts.measure { ScanKernel.scan(vectors.view, rows: $0, into: gathers) }
    }

    private static func gathers(_ queries: [ScanQuery], _ vectors: BenchVectors) -> [RowGather] {
        queries.map { RowGather($0, bounds: vectors.view.bounds, wanted: k) }
    }

    // MARK: Whole searches

    private func searches() throws {
        let vectors = BenchVectors(count: 100_000, keepsFloats: true)
        let plain = BenchVectors.queries(256)
        let queries = plain.map { ScanQuery($0, metric: .cosine) }
        let segments = [ScanSegment(vectors.view)]
        var one = ScanSplit()
        one.cores = 1
        let exact = try one.search(segments, queries: queries, k: Self.k, isExact: true)
        let found = try queries.map { try one.search(segments, queries: [$0], k: Self.k)[0] }
        let same = zip(exact, found).count { $0 == $1 }
        let faiss = faiss(vectors, plain)
        defer { faiss?.stop() }
        var best = [Double](repeating: .infinity, count: 5)
        var agree = 0
        for round in 0..<Self.searches {
            let query = queries[round]
            let several = Array(queries[round..<round + Self.queries])
            best[0] = min(best[0], try Self.milliseconds { try one.search(segments, queries: [query], k: Self.k) })
            best[1] = min(best[1], try Self.milliseconds { try one.search(segments, queries: several, k: Self.k) })
            best[2] = min(
                best[2],
                try Self.milliseconds { try one.search(segments, queries: [query], k: Self.k, isExact: true) })
            best[3] = min(
                best[3], try Self.milliseconds { try ScanSplit().search(segments, queries: [query], k: Self.k) })
            guard let faiss else { continue }
            let answer = try faiss.ask("\(round)").split(separator: " ")
            best[4] = min(best[4], answer.first.flatMap { Double($0) } ?? .infinity)
            agree += answer.dropFirst().compactMap { Int($0) } == exact[round].prefix(Self.k).map(\.row) ? 1 : 0
        }
        show(BenchFigure(name: "100,000 × 512, int8 + rescoring, top 10", value: "\(BenchFigure.number(best[0])) ms"))
        let parts = "the same answers as float32, \(queries.count) made-up queries"
        show(.atLeast(100, Double(same) / Double(queries.count) * 100, "%", "  \(parts)"))
        show(.atMost(4, best[1] / best[0], "×", "  \(Self.queries) queries together ÷ one"))
        show(BenchFigure(name: "  all cores", value: "\(BenchFigure.number(best[3])) ms"))
        show(BenchFigure(name: "  float32 alone", value: "\(BenchFigure.number(best[2])) ms"))
        guard faiss != nil else { return }
        show(.atMost(1.0 / 3, best[0] / best[4], "×", "  ÷ FAISS flat float32, one thread"))
        let share = "same ten rows as float32 here: \(agree) of \(Self.searches)"
        show(BenchFigure(name: "  FAISS", value: "\(BenchFigure.number(best[4])) ms; \(share)"))
    }

    /// Searches among vectors that are nearly the same, which codes tell apart badly or not at all.
    private func crowds() throws {
        var one = ScanSplit()
        one.cores = 1
        for noise: Float in [1e-2, 1e-3, 1e-5] {
            let vectors = BenchVectors(count: 100_000, keepsFloats: true, noise: noise)
            let segments = [ScanSegment(vectors.view)]
            var (best, float32, same) = (Double.infinity, Double.infinity, 0)
            for round in 0..<Self.rounds {
                let query = [ScanQuery(vectors.vector(round * 1_000) ?? [], metric: .cosine)]
                var (found, exact): ([[ScanCandidate]], [[ScanCandidate]]) = ([], [])
                best = min(best, try Self.milliseconds { found = try one.search(segments, queries: query, k: Self.k) })
                float32 = min(
                    float32,
                    try Self.milliseconds {
                        exact = try one.search(segments, queries: query, k: Self.k, isExact: true)
                    })
                same += found == exact ? 1 : 0
            }
            let times = "\(BenchFigure.number(best)) ms; the same answers: \(same) of \(Self.rounds)"
            show(BenchFigure(name: "100,000 × 512 around one point, noise \(noise)", value: times))
            show(.atMost(1.05, best / float32, "×", "  ÷ float32 alone"))
        }
    }

    /// FAISS over the same vectors; nil when it is not asked for or missing, which is shown.
    private func faiss(_ vectors: BenchVectors, _ queries: [[Float]]) -> BenchDialogue? {
        do {
            let file = "\(BenchServer.freshFolder()).f32"
            guard let floats = vectors.floats else { return nil }
            var data = Data(bytes: floats, count: vectors.count * BenchVectors.dims * 4)
            for query in queries { query.withUnsafeBytes { data.append(contentsOf: $0) } }
            try data.write(to: URL(fileURLWithPath: file))
            return try BenchDialogue(
                script: "faiss_flat.sh",
                arguments: (peers == nil ? [] : ["--install"]) + [file, "\(BenchVectors.dims)", "\(queries.count)"],
                hint: "Benchmarks/faiss_flat.sh --install")
        } catch {
            let reason = (error as? HearthError)?.message ?? "\(error)"
            show(BenchFigure(name: "FAISS", value: "not compared: \(reason)"))
            return nil
        }
    }

    private static func milliseconds<Result>(_ body: () throws -> Result) rethrows -> Double {
        let start = ContinuousClock.now
        _ = try body()
        return (ContinuousClock.now - start).fractionalMilliseconds
    }
}

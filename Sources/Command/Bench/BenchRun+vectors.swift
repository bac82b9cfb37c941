import Foundation
import HearthCore
import HearthVectors

/// Vector scans beside what the memory gives, and beside FAISS.
///
/// All on one core unless said otherwise. Figures that are compared are taken in turn, in many rounds, and the best of
/// each counts: what other programs take of the memory's bandwidth varies more than they do.
extension BenchRun {
    private static let rounds = 15
    private static let queries = 16
    private static let k = 10

    func vectors() throws {
        show(
            BenchFigure(
                name: "instructions of vector scans", value: "\(InstructionSet.chosen)",
                bar: "of \(InstructionSet.available.map(\.rawValue).joined(separator: ", "))"))
        try readingSpeed()
        try searches()
    }

    // MARK: Codes alone

    private func readingSpeed() throws {
        // Both are larger than caches, where rows are cheaper.
        let (few, many) = (400_000, 4_000_000)
        let small = BenchVectors(count: few, keepsFloats: false)
        let large = BenchVectors(count: many, keepsFloats: false)
        let million = 0..<1_000_000
        let queries = BenchVectors.queries(1).map { ScanQuery($0, metric: .cosine) }
        var (reading, scanning, growth) = (Double.infinity, Double.infinity, Double.infinity)
        // Time of each tenth: a long scan is hardly ever left alone by other programs from its begin to its end.
        var tenths = [Double](repeating: .infinity, count: many / few)
        for _ in 0..<Self.rounds {
            reading = min(reading, Self.milliseconds { Self.read(large, rows: million.count) })
            scanning = min(scanning, Self.milliseconds { Self.scan(large, million, queries) })
            growth = min(growth, Self.milliseconds { Self.scan(small, 0..<few, queries) })
            for tenth in tenths.indices {
                let rows = tenth * few..<(tenth + 1) * few
                tenths[tenth] = min(tenths[tenth], Self.milliseconds { Self.scan(large, rows, queries) })
            }
        }
        let bytes = Double(million.count * large.view.stride)
        let name = "int8 scan, 1,000,000 × 512, top 10: rate ÷ plain reading"
        show(.atLeast(90, reading / scanning * 100, "%", name))
        for (name, time) in [("  plain reading", reading), ("  the scan", scanning)] {
            let rate = BenchFigure.number(bytes / time / 1e6)
            show(BenchFigure(name: name, value: "\(BenchFigure.number(time)) ms, \(rate) GB/s"))
        }
        let whole = tenths.reduce(0, +)
        show(.atMost(10.5, whole / growth, "×", "int8 scan, 4,000,000 ÷ 400,000 vectors"))
        show(
            BenchFigure(
                name: "  of which",
                value: "\(BenchFigure.number(whole)) ms; \(BenchFigure.number(growth)) ms"))
    }

    private static func read(_ vectors: BenchVectors, rows: Int) {
        _ = ScanKernel.readSum(vectors.codes, bytes: rows * vectors.view.stride)
    }

    private static func scan(_ vectors: BenchVectors, _ rows: Range<Int>, _ queries: [ScanQuery]) {
        let heaps = queries.map { _ in TopK(capacity: ScanKernel.candidates(for: k)) }
        ScanKernel.scan(vectors.view, rows: rows, queries: queries, into: heaps)
    }

    // MARK: Whole searches

    private func searches() throws {
        let vectors = BenchVectors(count: 100_000, keepsFloats: true)
        let plain = BenchVectors.queries(256)
        let queries = plain.map { ScanQuery($0, metric: .cosine) }
        let segments = [ScanSegment(vectors.view)]
        var one = ScanSplit()
        one.cores = 1
        let exact = one.search(segments, queries: queries, k: Self.k, isExact: true)
        let found = queries.map { one.search(segments, queries: [$0], k: Self.k)[0] }
        let hits = zip(exact, found).reduce(0) { $0 + Set($1.0.map(\.row)).intersection($1.1.map(\.row)).count }
        let recall = Double(hits) / Double(Self.k * queries.count)
        let faiss = faiss(vectors, plain)
        defer { faiss?.stop() }
        var best = [Double](repeating: .infinity, count: 5)
        var agree = 0
        for round in 0..<Self.rounds * 4 {
            let query = queries[round]
            let several = Array(queries[round..<round + Self.queries])
            best[0] = min(best[0], Self.milliseconds { _ = one.search(segments, queries: [query], k: Self.k) })
            best[1] = min(best[1], Self.milliseconds { _ = one.search(segments, queries: several, k: Self.k) })
            best[2] = min(
                best[2], Self.milliseconds { _ = one.search(segments, queries: [query], k: Self.k, isExact: true) })
            best[3] = min(best[3], Self.milliseconds { _ = ScanSplit().search(segments, queries: [query], k: Self.k) })
            guard let faiss else { continue }
            let answer = try faiss.ask("\(round)").split(separator: " ")
            best[4] = min(best[4], answer.first.flatMap { Double($0) } ?? .infinity)
            agree += answer.dropFirst().compactMap { Int($0) } == exact[round].map(\.row) ? 1 : 0
        }
        show(BenchFigure(name: "100,000 × 512, int8 + rescoring, top 10", value: "\(BenchFigure.number(best[0])) ms"))
        let parts = "recall@10 against float32, \(queries.count) made-up queries"
        show(.atLeast(99.9, recall * 100, "%", "  \(parts)"))
        show(.atMost(4, best[1] / best[0], "×", "  \(Self.queries) queries together ÷ one"))
        show(BenchFigure(name: "  all cores", value: "\(BenchFigure.number(best[3])) ms"))
        show(BenchFigure(name: "  float32 alone", value: "\(BenchFigure.number(best[2])) ms"))
        guard faiss != nil else { return }
        show(.atMost(1.0 / 3, best[0] / best[4], "×", "  ÷ FAISS flat float32, one thread"))
        let share = "same ten rows as float32 here: \(agree) of \(Self.rounds * 4)"
        show(BenchFigure(name: "  FAISS", value: "\(BenchFigure.number(best[4])) ms; \(share)"))
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

    private static func milliseconds(_ body: () -> Void) -> Double {
        let start = ContinuousClock.now
        body()
        return (ContinuousClock.now - start).fractionalMilliseconds
    }
}

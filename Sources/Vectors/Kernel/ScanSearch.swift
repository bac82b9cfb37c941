import CVectors

/// A search over segments for the closest rows by exact scores. It reads the codes of all rows, and the floats of those
/// that the codes do not rule out.
///
/// 1. The codes of all rows are scanned. A row stays if it can be among the `k` closest, given what its key and the
///    keys of the `k` best rows so far say for certain. Where most rows stay, the scan passes over more and more rows.
/// 2. The `k` best rows by their keys are scored. The last of these scores rules out more rows.
/// 3. If that helps where the scan passed over rows, those rows are scanned in the same way, and step 2 is repeated.
/// 4. All rows that are left are scored.
///
/// So the answer has the same bits as one that scores all rows, and takes at most little longer. The codes of a row are
/// scanned once at most.
struct ScanSearch {
    let split: ScanSplit
    /// By their first rows.
    let segments: [ScanSegment]
    let queries: [ScanQuery]
    /// At most as many as there are rows.
    let k: Int

    /// Scans at most. Each has better scores to rule rows out with, and passes over fewer of them.
    private static let scans = 4

    init(_ split: ScanSplit, _ segments: [ScanSegment], _ queries: [ScanQuery], k: Int) {
        self.split = split
        self.segments = segments.sorted { $0.view.firstRow < $1.view.firstRow }
        self.queries = queries
        self.k = min(k, segments.reduce(0) { $0 + $1.view.rows })
    }

    /// The closest rows to each query, closest first: `k` of them, and all others that are as close as the last.
    /// - Parameter chosen: the rows that are scored, for each query.
    /// - Throws: what a segment's verification throws.
    func score(_ chosen: [ChosenRows]) throws -> [[ScanCandidate]] {
        for rows in chosen { try verify(rows) }
        let floats = chosen.reduce(0) { $0 + $1.count } * (queries.first?.dims ?? 0) * 4
        let cores = min(split.cores, max(floats / ScanSplit.bytesPerPart, 1))
        let parts = ScanSplit.parts(of: segments.map(\.view), cores: cores, bytesPerComponent: 4)
        let heaps = parts.map { _ in queries.map { _ in TopK(capacity: k, keepsTies: true) } }
        let work = Scoring(search: self, parts: parts, chosen: chosen, heaps: heaps)
        split.run(parts.count) { work.score($0) }
        for other in heaps.dropFirst() {
            for (heap, more) in zip(heaps[0], other) { heap.merge(more) }
        }
        return heaps[0].map(\.sorted)
    }

    /// All rows, for each query.
    func chooseAll() -> [ChosenRows] {
        let all = segments.map { $0.view.firstRow..<$0.view.firstRow + $0.view.rows }.filter { !$0.isEmpty }
        let chosen = ChosenRows(rows: [], open: all)
        return queries.map { _ in chosen }
    }

    /// The rows that codes do not rule out, for each query.
    /// - Throws: what a segment's verification throws.
    func choose() throws -> [ChosenRows] {
        var bounds: RowBounds?
        for segment in segments where segment.view.rows > 0 {
            if let more = segment.view.bounds { bounds.formUnion(more) }
        }
        let parts = ScanSplit.parts(of: segments.map(\.view), cores: split.cores, bytesPerComponent: 1)
        let gathers = parts.map { _ in queries.map { RowGather($0, bounds: bounds, wanted: k) } }
        var scanned = Array(queries.indices)
        for round in 0..<Self.scans where !scanned.isEmpty {
            let some = gathers.map { part in scanned.map { part[$0] } }
            if round > 0 { for gather in some.joined() { gather.startAgain() } }
            scan(parts, some)
            try scanned.removeAll { place in
                let ofQuery = gathers.map { $0[place] }
                try ruleOut(ofQuery, queries[place])
                // Where scores rule out few of the rows that codes could not rank, they will not do so elsewhere.
                let crowded = ofQuery.reduce(0) { $0 + $1.crowded }
                let left = ofQuery.reduce(0) { $0 + $1.foundCount } - k
                return 2 * left >= crowded || !ofQuery.contains(where: \.hasOpen)
            }
        }
        return queries.indices.map { place in
            let ofQuery = gathers.map { $0[place] }
            return ChosenRows(rows: ofQuery.flatMap(\.found).sorted(), open: ofQuery.flatMap(\.open))
        }
    }

    private func scan(_ parts: [[ScanSplit.Piece]], _ gathers: [[RowGather]]) {
        let work = Gathering(search: self, parts: parts, gathers: gathers)
        split.run(parts.count) { work.scan($0) }
    }

    /// Scores the `k` best rows by their keys, and rules out what cannot reach the last of these scores.
    /// - Parameter gathers: of one query.
    private func ruleOut(_ gathers: [RowGather], _ query: ScanQuery) throws {
        let best = TopK(capacity: k)
        for candidate in gathers.flatMap(\.best) { best.offer(candidate.key, row: candidate.row) }
        guard best.count == k else { return }
        let rows = best.candidates.map { UInt32($0.row) }.sorted()
        try verify(ChosenRows(rows: rows, open: []))
        var least = Float.infinity
        eachSegment(of: rows) { segment, local in
            let scores = ScanKernel.scores(
                of: local, in: segment.view, query: query, instructions: split.instructions)
            least = min(least, scores.min() ?? .infinity)
        }
        for gather in gathers { gather.raise(least) }
    }

    /// Makes sure that the floats of some rows may be read.
    private func verify(_ chosen: ChosenRows) throws {
        try eachSegment(of: chosen.rows) { segment, local in
            guard let verify = segment.verify else { return }
            var begin = 0
            for end in 1...local.count where end == local.count || local[end] != local[end - 1] + 1 {
                try verify(Int(local[begin])..<Int(local[end - 1]) + 1)
                begin = end
            }
        }
        for segment in segments {
            guard let verify = segment.verify else { continue }
            let first = segment.view.firstRow
            for range in chosen.open {
                let rows = range.clamped(to: first..<first + segment.view.rows)
                guard !rows.isEmpty else { continue }
                let local = rows.lowerBound - first..<rows.upperBound - first
                if segment.bitmap == nil { try verify(local) }
                for row in segment.bitmap?.rows(in: local) ?? [] { try verify(row..<row + 1) }
            }
        }
    }

    /// Calls the body for each segment that some rows are in.
    /// - Parameters:
    ///   - rows: in order.
    ///   - body: gets the segment, and its rows from its own zero.
    private func eachSegment(of rows: [UInt32], _ body: (ScanSegment, [UInt32]) throws -> Void) rethrows {
        var place = 0
        for segment in segments {
            let first = segment.view.firstRow
            let end = rows[place...].firstIndex { Int($0) >= first + segment.view.rows } ?? rows.count
            guard end > place else { continue }
            try body(segment, rows[place..<end].map { $0 - UInt32(first) })
            place = end
        }
    }
}

extension ScanSearch {
    /// What several threads share while codes are scanned.
    ///
    /// `@unchecked Sendable`: each part has gathers of its own, and the rest is only read.
    private struct Gathering: @unchecked Sendable {
        let search: ScanSearch
        let parts: [[ScanSplit.Piece]]
        let gathers: [[RowGather]]

        func scan(_ part: Int) {
            for piece in parts[part] {
                let segment = search.segments[piece.segment]
                ScanKernel.scan(
                    segment.view, rows: piece.rows, bitmap: segment.bitmap, into: gathers[part],
                    instructions: search.split.instructions)
            }
        }
    }

    /// What several threads share while rows are scored.
    ///
    /// `@unchecked Sendable`: each part has heaps of its own, and the rest is only read.
    private struct Scoring: @unchecked Sendable {
        let search: ScanSearch
        let parts: [[ScanSplit.Piece]]
        let chosen: [ChosenRows]
        let heaps: [[TopK]]

        func score(_ part: Int) {
            for piece in parts[part] {
                let segment = search.segments[piece.segment]
                ScanKernel.score(
                    segment.view, rows: piece.rows, queries: search.queries, bitmap: segment.bitmap, chosen: chosen,
                    into: heaps[part], instructions: search.split.instructions)
            }
        }
    }
}

extension UnsafePointer<UInt64> {
    /// The rows of a range whose bit is set, in order.
    fileprivate func rows(in range: Range<Int>) -> [Int] {
        var rows: [Int] = []
        for word in range.lowerBound / 64..<(range.upperBound + 63) / 64 {
            var bits = self[word]
            if word == range.lowerBound / 64 { bits &= ~0 << UInt64(range.lowerBound % 64) }
            while bits != 0 {
                let row = word * 64 + bits.trailingZeroBitCount
                if row < range.upperBound { rows.append(row) }
                bits &= bits - 1
            }
        }
        return rows
    }
}

extension ScanSplit {
    /// The closest rows to each query, closest first, with exact scores as keys: `k` of them (or all that take part),
    /// and all others that are as close as the last.
    /// - Parameter isExact: scores all rows, instead of those that their codes do not rule out. The answer is the same.
    /// - Throws: what a segment's verification throws.
    package func search(
        _ segments: [ScanSegment], queries: [ScanQuery], k: Int, isExact: Bool = false
    ) throws -> [[ScanCandidate]] {
        let search = ScanSearch(self, segments, queries, k: k)
        guard search.k > 0, !queries.isEmpty else { return queries.map { _ in [] } }
        return try search.score(isExact ? search.chooseAll() : search.choose())
    }
}

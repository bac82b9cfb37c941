import CVectors

/// Exact scans over rows of vectors.
///
/// Ranking key of the codes: `weight · dot · query's scale · row's scale + row's bias` with weight 2 for the Euclidean
/// distance, else 1; exact score of the floats: the dot product, or minus the squared distance. For the Euclidean
/// distance key − ‖query‖² is about the score. Greater is closer. Rows and queries have one length and one metric.
package enum ScanKernel {
    /// Offers the rows of a segment to the heap of each query by their codes; memory is read once for all queries.
    /// - Parameters:
    ///   - rows: of the view, from its own zero; nil for all.
    ///   - bitmap: bit r % 64 of word r / 64 says whether row r of the view takes part; nil for all rows.
    ///   - heaps: one for each query; they may hold candidates of other segments already.
    package static func scan(
        _ view: QuantisedMatrixView, rows: Range<Int>? = nil, queries: [ScanQuery],
        bitmap: UnsafePointer<UInt64>? = nil, into heaps: [TopK], instructions: InstructionSet = .chosen
    ) {
        run(hearth_scan, view, rows, queries, bitmap, heaps, instructions)
    }

    /// The same by exact scores: what the scan of codes is measured against, and for who wants no rounding at all.
    package static func scanExact(
        _ view: QuantisedMatrixView, rows: Range<Int>? = nil, queries: [ScanQuery],
        bitmap: UnsafePointer<UInt64>? = nil, into heaps: [TopK], instructions: InstructionSet = .chosen
    ) {
        precondition(view.matrix.vectors != nil || view.rows == 0, "exact scores need the vectors")
        run(hearth_scan_exact, view, rows, queries, bitmap, heaps, instructions)
    }

    /// Candidates that are rescored for `k` results: many more than are needed, since each costs little.
    ///
    /// Measured on embeddings of 20,000 crops of 183 pictures (mobilenet-v1, 1,024 components; cosine; 1,000 of them
    /// as queries over the rest): without rescoring recall@10 against float32 is 0.9895, with 12 candidates 0.9999, and
    /// no true one of ten was behind place 13 by its codes. Collections that are a hundred times denser have as many
    /// times more rows in the same range of keys; hence the constant.
    package static func candidates(for k: Int) -> Int { max(4 * k, k + 64) }

    /// The `k` best of what a scan of codes found, by their exact scores.
    /// - Parameter views: all segments that the candidates are of.
    /// - Returns: closest first, with exact scores as keys.
    package static func rescore(
        _ candidates: TopK, query: ScanQuery, views: [QuantisedMatrixView], k: Int,
        instructions: InstructionSet = .chosen
    ) -> [ScanCandidate] {
        // In the order of memory.
        let rows = candidates.candidates.map(\.row).sorted()
        let best = TopK(capacity: min(k, rows.count))
        var place = 0
        for view in views.sorted(by: { $0.firstRow < $1.firstRow }) {
            let end = rows[place...].firstIndex { $0 >= view.firstRow + view.rows } ?? rows.count
            let local = rows[place..<end].map { UInt32($0 - view.firstRow) }
            guard !local.isEmpty else { continue }
            precondition(view.matrix.vectors != nil && view.dims == query.dims, "exact scores need the vectors")
            var matrix = view.matrix
            var prepared = query.query
            var scores = [Float](repeating: 0, count: local.count)
            hearth_score(instructions.instructions, &matrix, &prepared, local, local.count, &scores)
            for (score, row) in zip(scores, rows[place..<end]) { best.offer(score, row: row) }
            place = end
        }
        return best.sorted
    }

    /// Reads memory with plain wide loads, as fast as one core can: what the speed of scans is measured against.
    /// - Parameters:
    ///   - memory: at an address that is a multiple of 64.
    ///   - bytes: a multiple of 512.
    /// - Returns: the sum of its 64-bit words.
    package static func readSum(
        _ memory: UnsafeRawPointer, bytes: Int, instructions: InstructionSet = .chosen
    ) -> UInt64 {
        hearth_stream(instructions.instructions, memory.assumingMemoryBound(to: UInt8.self), bytes)
    }

    private typealias Scan = (
        hearth_instructions, UnsafePointer<hearth_matrix>, Int, Int, UnsafePointer<UInt64>?,
        UnsafePointer<hearth_query>, UnsafeMutablePointer<hearth_top>, Int
    ) -> Void

    private static func run(
        _ scan: Scan, _ view: QuantisedMatrixView, _ rows: Range<Int>?, _ queries: [ScanQuery],
        _ bitmap: UnsafePointer<UInt64>?, _ heaps: [TopK], _ instructions: InstructionSet
    ) {
        precondition(queries.count == heaps.count, "each query has its heap")
        precondition(queries.allSatisfy { $0.dims == view.dims }, "rows and queries have one length")
        precondition(InstructionSet.available.contains(instructions), "\(instructions) is not on this processor")
        guard !queries.isEmpty else { return }
        let rows = rows ?? 0..<view.rows
        var matrix = view.matrix
        var tops = heaps.map(\.top)
        // The queries own the memory that their structures point to.
        withExtendedLifetime((queries, heaps)) {
            scan(
                instructions.instructions, &matrix, rows.lowerBound, rows.upperBound, bitmap, queries.map(\.query),
                &tops, queries.count)
        }
        for (heap, top) in zip(heaps, tops) { heap.top = top }
    }
}

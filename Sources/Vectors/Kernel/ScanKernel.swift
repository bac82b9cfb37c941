import CVectors

/// Scans over rows of vectors, by their codes and by their floats.
///
/// Ranking key of the codes: `weight · dot · query's scale · row's scale + row's bias` with weight 2 for the Euclidean
/// distance, else 1; exact score of the floats: the dot product, or minus the squared distance. For the Euclidean
/// distance key − ‖query‖² is about the score. Greater is closer. Rows and queries have one length and one metric.
package enum ScanKernel {
    /// Gathers the rows of a segment that their codes do not rule out; memory is read once for all queries.
    /// - Parameters:
    ///   - rows: of the view, from its own zero; nil for all.
    ///   - bitmap: bit r % 64 of word r / 64 says whether row r of the view takes part; nil for all rows.
    ///   - gathers: one for each query; they may hold rows of earlier segments already.
    package static func scan(
        _ view: QuantisedMatrixView, rows: Range<Int>? = nil, bitmap: UnsafePointer<UInt64>? = nil,
        into gathers: [RowGather], instructions: InstructionSet = .chosen
    ) {
        precondition(InstructionSet.available.contains(instructions), "\(instructions) is not on this processor")
        guard !gathers.isEmpty else { return }
        let rows = rows ?? 0..<view.rows
        var matrix = view.matrix
        // They own the memory that they point to.
        withExtendedLifetime(gathers) {
            hearth_scan(
                instructions.instructions, &matrix, rows.lowerBound, rows.upperBound, bitmap, gathers.map(\.gather),
                gathers.count)
        }
    }

    /// Offers the rows of a segment that are chosen for a query to its heap, by exact scores.
    /// - Parameters:
    ///   - rows: of the view, from its own zero; nil for all.
    ///   - bitmap: as for a scan; concerns the open ranges only.
    ///   - chosen: for each query.
    ///   - heaps: one for each query; they may hold rows of other segments already.
    package static func score(
        _ view: QuantisedMatrixView, rows: Range<Int>? = nil, queries: [ScanQuery],
        bitmap: UnsafePointer<UInt64>? = nil, chosen: [ChosenRows], into heaps: [TopK],
        instructions: InstructionSet = .chosen
    ) {
        precondition(view.matrix.vectors != nil || view.rows == 0, "exact scores need the vectors")
        precondition(queries.count == heaps.count && queries.count == chosen.count, "each query has its heap")
        precondition(queries.allSatisfy { $0.dims == view.dims }, "rows and queries have one length")
        precondition(InstructionSet.available.contains(instructions), "\(instructions) is not on this processor")
        guard !queries.isEmpty else { return }
        let rows = rows ?? 0..<view.rows
        var matrix = view.matrix
        var tops = heaps.map(\.top)
        withExtendedLifetime((queries, chosen, heaps)) {
            hearth_score_chosen(
                instructions.instructions, &matrix, rows.lowerBound, rows.upperBound, bitmap, queries.map(\.query),
                chosen.map(\.chosen), &tops, queries.count)
        }
        for (heap, top) in zip(heaps, tops) { heap.top = top }
    }

    /// The exact scores of some rows.
    /// - Parameter rows: of the view, from its own zero.
    package static func scores(
        of rows: [UInt32], in view: QuantisedMatrixView, query: ScanQuery, instructions: InstructionSet = .chosen
    ) -> [Float] {
        precondition(view.matrix.vectors != nil && view.dims == query.dims, "exact scores need the vectors")
        var matrix = view.matrix
        var prepared = query.query
        var scores = [Float](repeating: 0, count: rows.count)
        withExtendedLifetime(query) {
            hearth_score(instructions.instructions, &matrix, &prepared, rows, rows.count, &scores)
        }
        return scores
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
}

/// The rows of all segments that floats are to decide on for one query, at an address that stays.
///
/// `@unchecked Sendable`: the memory is written in the initialiser only.
package final class ChosenRows: @unchecked Sendable {
    package let rows: [UInt32]
    package let open: [Range<Int>]
    let chosen: hearth_chosen
    private let rowMemory: UnsafeMutablePointer<UInt32>
    private let openMemory: UnsafeMutablePointer<hearth_range>

    /// - Parameters:
    ///   - rows: single ones, in order; none of them is in a range.
    ///   - open: ranges of which all rows that take part are chosen, in order.
    package init(rows: [UInt32], open: [Range<Int>]) {
        self.rows = rows
        self.open = open
        rowMemory = .allocate(capacity: max(rows.count, 1))
        rowMemory.initialize(from: rows, count: rows.count)
        openMemory = .allocate(capacity: max(open.count, 1))
        let ranges = open.map { hearth_range(begin: UInt32($0.lowerBound), end: UInt32($0.upperBound)) }
        openMemory.initialize(from: ranges, count: ranges.count)
        chosen = hearth_chosen(rows: rowMemory, row_count: rows.count, open: openMemory, open_count: open.count)
    }

    deinit {
        rowMemory.deallocate()
        openMemory.deallocate()
    }

    /// How many rows it can be at most.
    package var count: Int { rows.count + open.reduce(0) { $0 + $1.count } }
}

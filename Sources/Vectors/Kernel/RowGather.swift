import CVectors

/// What scans of codes leave of the rows for one query: those that can be among the wanted best.
///
/// A row is ruled out when its ranking key and the largest error that its codes can have stay below scores that enough
/// other rows have for certain. Rows that codes cannot rank, because too many are as close as that error, are not
/// scanned any further: they are left open, as ranges.
package final class RowGather {
    let gather: OpaquePointer
    private let query: ScanQuery

    /// - Parameters:
    ///   - bounds: of all views that have some, together; nil when none has.
    ///   - wanted: how many of the best rows are looked for.
    package init(_ query: ScanQuery, bounds: RowBounds?, wanted: Int) {
        var prepared = query.query
        var limits = bounds?.bounds ?? hearth_bounds()
        gather = hearth_gather_make(&prepared, &limits, query.dims, UInt32(clamping: wanted))
        self.query = query
    }

    deinit { hearth_gather_free(gather) }

    /// The wanted number of rows with the best keys, of those that were scanned; in no particular order.
    package var best: [ScanCandidate] {
        let best = result.best.pointee
        return (0..<Int(best.count)).compactMap { place in
            best.entries.map { ScanCandidate(key: $0[place].key, row: Int($0[place].row)) }
        }
    }

    /// Rows that can be among the wanted best by score, and were scanned.
    package var found: [UInt32] { UnsafeBufferPointer(start: result.found, count: result.found_count).map(\.row) }
    package var foundCount: Int { result.found_count }

    /// Rows that were left open.
    package var open: [Range<Int>] {
        UnsafeBufferPointer(start: result.open, count: result.open_count).map { Int($0.begin)..<Int($0.end) }
    }
    package var hasOpen: Bool { result.open_count > 0 }

    /// Rows that were scanned although that ruled out few of them.
    package var crowded: Int { result.crowded }

    /// Rules out what cannot reach a score.
    /// - Parameter score: the wanted number of rows have at least this one.
    package func raise(_ score: Float) { hearth_gather_raise(gather, score) }

    /// Prepares a further scan of the same parts and bitmaps, which looks only at what the last one has left open.
    package func startAgain() { hearth_gather_again(gather) }

    private var result: hearth_gathered { hearth_gather_result(gather) }
}

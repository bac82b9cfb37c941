import HearthCore

/// The least time of a pass over rows: of each 100,000 rows the best of all rounds, added up.
///
/// A long pass is hardly ever left alone by other programs from its begin to its end; its parts are.
struct BenchParts {
    private static let rows = 100_000
    private let count: Int
    private var times: [Double]

    init(of count: Int) {
        self.count = count
        times = [Double](repeating: .infinity, count: (count + Self.rows - 1) / Self.rows)
    }

    /// Milliseconds of a pass.
    var best: Double { times.reduce(0, +) }

    /// One more round: all rows, part after part.
    mutating func measure(_ body: (Range<Int>) -> Void) {
        for part in times.indices {
            let rows = part * Self.rows..<min((part + 1) * Self.rows, count)
            let start = ContinuousClock.now
            body(rows)
            times[part] = min(times[part], (ContinuousClock.now - start).fractionalMilliseconds)
        }
    }
}

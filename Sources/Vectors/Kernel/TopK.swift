import CVectors

/// A row and how close it is.
package struct ScanCandidate: Sendable, Hashable {
    /// Greater is closer.
    package let key: Float
    package let row: Int

    package init(key: Float, row: Int) {
        self.key = key
        self.row = row
    }

    /// The order of results: closest first, equal keys by row.
    package static func isCloser(_ left: ScanCandidate, _ right: ScanCandidate) -> Bool {
        left.key != right.key ? left.key > right.key : left.row < right.row
    }
}

/// The closest rows so far, at most so many; of equal keys the lower row stays.
package final class TopK {
    var top: hearth_top
    private let entries: UnsafeMutablePointer<hearth_candidate>

    /// - Parameter capacity: rows that it keeps; nothing is kept for zero.
    package init(capacity: Int) {
        let capacity = min(max(capacity, 0), Int(UInt32.max))
        entries = .allocate(capacity: max(capacity, 1))
        top = hearth_top(entries: entries, capacity: UInt32(capacity), count: 0)
    }

    deinit { entries.deallocate() }

    package var capacity: Int { Int(top.capacity) }
    package var count: Int { Int(top.count) }

    /// Takes a row if it is closer than the farthest, or there is still a place.
    package func offer(_ key: Float, row: Int) { hearth_push(&top, key, UInt32(row)) }

    /// Takes what is closest of both.
    package func merge(_ other: TopK) {
        for place in 0..<other.count { hearth_push(&top, other.entries[place].key, other.entries[place].row) }
    }

    /// Forgets what was found; the limit stays.
    package func removeAll() { top.count = 0 }

    /// In no particular order.
    package var candidates: [ScanCandidate] {
        (0..<count).map { ScanCandidate(key: entries[$0].key, row: Int(entries[$0].row)) }
    }

    /// Closest first.
    package var sorted: [ScanCandidate] { candidates.sorted(by: ScanCandidate.isCloser) }
}

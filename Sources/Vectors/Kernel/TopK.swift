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

/// The closest rows so far, at most so many; of equal keys the lower row stays. On request also those without a place
/// that are as close as the last.
package final class TopK {
    var top: hearth_top
    private let entries: UnsafeMutablePointer<hearth_candidate>

    /// - Parameters:
    ///   - capacity: rows that it keeps; nothing is kept for zero.
    ///   - keepsTies: keeps more when they are as close as the last.
    package init(capacity: Int, keepsTies: Bool = false) {
        let capacity = min(max(capacity, 0), Int(UInt32.max))
        entries = .allocate(capacity: max(capacity, 1))
        top = hearth_top()
        top.entries = entries
        top.capacity = UInt32(capacity)
        top.keeps_ties = keepsTies ? 1 : 0
    }

    deinit {
        entries.deallocate()
        hearth_free_ties(&top)
    }

    package var capacity: Int { Int(top.capacity) }
    package var count: Int { Int(top.count) + Int(top.tie_count) }

    /// Takes a row if it is closer than the farthest, or there is still a place.
    package func offer(_ key: Float, row: Int) { hearth_push(&top, key, UInt32(row)) }

    /// Takes what is closest of both.
    package func merge(_ other: TopK) {
        for candidate in other.candidates { offer(candidate.key, row: candidate.row) }
    }

    /// Forgets what was found; the limit stays.
    package func removeAll() { (top.count, top.tie_count) = (0, 0) }

    /// In no particular order.
    package var candidates: [ScanCandidate] {
        let kept = UnsafeBufferPointer(start: entries, count: Int(top.count))
        let ties = UnsafeBufferPointer(start: top.ties, count: Int(top.tie_count))
        return (Array(kept) + ties).map { ScanCandidate(key: $0.key, row: Int($0.row)) }
    }

    /// Closest first.
    package var sorted: [ScanCandidate] { candidates.sorted(by: ScanCandidate.isCloser) }
}

import HearthCore

/// How many rows the largest transaction of a store has touched so far, those of cascades included.
///
/// A transaction holds the only writer for as long as its rows take, so this number says how long others had to wait
/// at most, on every machine alike.
package final class TransactionMeter: Sendable {
    private let largest = Locked(0)

    package init() {}

    /// Rows that were inserted, changed or deleted.
    package var largestTransaction: Int { largest.withLock { $0 } }

    func note(rows: Int) { largest.withLock { $0 = max($0, rows) } }
}

import Synchronization

/// A number that only grows; its name ends in `_total`.
package final class MetricCounter: Sendable {
    private let count = Atomic<Int>(0)

    package init() {}

    package var value: Int { count.load(ordering: .relaxed) }

    /// Adds `amount`, which is not negative.
    package func increment(by amount: Int = 1) {
        count.wrappingAdd(max(amount, 0), ordering: .relaxed)
    }
}

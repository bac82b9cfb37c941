import CoreMetrics
import Synchronization

/// A number that only grows; its name ends in `_total`. Adding takes no lock.
package final class MetricCounter: CounterHandler {
    private let count = Atomic<Int>(0)

    package init() {}

    package var value: Int { count.load(ordering: .relaxed) }

    /// Adds `amount`, which is not negative.
    package func increment(by amount: Int = 1) {
        count.wrappingAdd(max(amount, 0), ordering: .relaxed)
    }

    package func increment(by amount: Int64) { increment(by: Int(amount)) }

    /// Starts over, as a restart of the process would; Prometheus knows how to read that.
    package func reset() { count.store(0, ordering: .relaxed) }
}

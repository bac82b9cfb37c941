import CoreMetrics
import Synchronization

/// A number that only grows; its name ends in `_total`. Adding takes no lock.
package final class MetricCounter: CounterHandler {
    private let count = Atomic<Int>(0)

    /// A counter at 0.
    package init() {}

    /// What has been counted.
    package var value: Int { count.load(ordering: .relaxed) }

    /// Adds `amount`, which is not negative.
    package func increment(by amount: Int = 1) {
        count.wrappingAdd(max(amount, 0), ordering: .relaxed)
    }

    /// The same, as swift-metrics asks for it.
    package func increment(by amount: Int64) { increment(by: Int(amount)) }

    /// Starts over, as a restart of the process would; Prometheus knows how to read that.
    package func reset() { count.store(0, ordering: .relaxed) }
}

/// A number that goes up and down. Setting and adding take no lock.
package final class MetricGauge: MeterHandler, RecorderHandler {
    /// The number's bit pattern: a `Double` itself cannot be atomic.
    private let bits = Atomic<UInt64>(0)

    /// A gauge at 0.
    package init() {}

    /// The number now.
    package var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    /// Sets a whole number.
    package func set(_ value: Int64) { set(Double(value)) }
    /// Sets the number.
    package func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    /// Adds `amount`.
    package func increment(by amount: Double) { add(amount) }
    /// Subtracts `amount`.
    package func decrement(by amount: Double) { add(-amount) }
    /// For a recorder that does not aggregate, which keeps the last value.
    package func record(_ value: Int64) { set(value) }
    /// The same for a number with fractions.
    package func record(_ value: Double) { set(value) }

    private func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (isExchanged, current) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if isExchanged { return }
            old = current
        }
    }
}

/// How many values there were, and their sum.
package final class MetricSummary: RecorderHandler {
    private let state = Locked((count: 0, sum: 0.0))

    /// A summary of nothing.
    package init() {}

    /// How many values there were so far, and their sum.
    package var value: (count: Int, sum: Double) { state.withLock { $0 } }

    /// Adds a whole number.
    package func record(_ value: Int64) { record(Double(value)) }

    /// Adds a value.
    package func record(_ value: Double) {
        state.withLock { state in
            state.count += 1
            state.sum += value
        }
    }
}

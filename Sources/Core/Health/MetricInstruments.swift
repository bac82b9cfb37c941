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

/// A number that goes up and down. Setting and adding take no lock.
package final class MetricGauge: MeterHandler, RecorderHandler {
    /// The number's bit pattern: a `Double` itself cannot be atomic.
    private let bits = Atomic<UInt64>(0)

    package init() {}

    package var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    package func set(_ value: Int64) { set(Double(value)) }
    package func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    package func increment(by amount: Double) { add(amount) }
    package func decrement(by amount: Double) { add(-amount) }
    /// For a recorder that does not aggregate, which keeps the last value.
    package func record(_ value: Int64) { set(value) }
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

    package init() {}

    package var value: (count: Int, sum: Double) { state.withLock { $0 } }

    package func record(_ value: Int64) { record(Double(value)) }

    package func record(_ value: Double) {
        state.withLock { state in
            state.count += 1
            state.sum += value
        }
    }
}

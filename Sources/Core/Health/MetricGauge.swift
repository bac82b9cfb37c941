import CoreMetrics
import Synchronization

/// A number that goes up and down, set by whoever knows it. Setting and adding take no lock.
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

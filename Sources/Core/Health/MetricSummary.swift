import CoreMetrics

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

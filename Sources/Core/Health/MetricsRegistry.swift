/// The process's metrics by name and labels, for `/metrics`; units are seconds and bytes, and names say so.
///
/// The same name and labels always give the same instrument. A series beyond the limit, or of a name that is another
/// kind already, works but is not shown; `hearth_metrics_dropped_total` counts those.
package final class MetricsRegistry: Sendable {
    /// What a family of series is, in Prometheus's words.
    enum Kind: String {
        case counter, gauge, histogram, summary

        /// What is put behind the name of a family of this kind in its lines.
        var endings: [String] {
            switch self {
            case .counter, .gauge: [""]
            case .histogram: ["", "_bucket", "_sum", "_count"]
            case .summary: ["", "_sum", "_count"]
            }
        }
    }

    enum Instrument: Sendable {
        case counter(MetricCounter)
        case histogram(LatencyHistogram)
        case summary(MetricSummary)
        case meter(MetricGauge)
        case gauge(@Sendable () -> Double)
        case gauges(@Sendable () -> [MetricSample])
    }

    /// All series of one name.
    struct Family: Sendable {
        let kind: Kind
        let help: String
        var series: [[String: String]: Instrument] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        /// The family that has lines of a name.
        var lineNames: [String: String] = [:]
        var seriesCount = 0
    }

    /// Series at most, so that a label with too many values cannot fill the memory.
    package let maximumSeries: Int
    private let dropped = MetricCounter()
    private let state = Locked(State())

    package init(maximumSeries: Int = 2_000) {
        self.maximumSeries = maximumSeries
        register("hearth_metrics_dropped_total", "Series that were not kept.", [:], .counter, .counter(dropped))
    }

    /// The counter of this name and these labels.
    package func counter(_ name: String, help: String, labels: [String: String] = [:]) -> MetricCounter {
        let new = MetricCounter()
        guard case .counter(let counter) = register(name, help, labels, .counter, .counter(new)) else { return new }
        return counter
    }

    /// The histogram of durations of this name, which ends in `_seconds`, and these labels.
    package func histogram(_ name: String, help: String, labels: [String: String] = [:]) -> LatencyHistogram {
        let new = LatencyHistogram()
        guard case .histogram(let histogram) = register(name, help, labels, .histogram, .histogram(new)) else {
            return new
        }
        return histogram
    }

    /// The number of this name and these labels, which goes up and down.
    package func meter(_ name: String, help: String, labels: [String: String] = [:]) -> MetricGauge {
        let new = MetricGauge()
        guard case .meter(let meter) = register(name, help, labels, .gauge, .meter(new)) else { return new }
        return meter
    }

    /// The count and sum of values of this name and these labels.
    package func summary(_ name: String, help: String, labels: [String: String] = [:]) -> MetricSummary {
        let new = MetricSummary()
        guard case .summary(let summary) = register(name, help, labels, .summary, .summary(new)) else { return new }
        return summary
    }

    /// A number that goes up and down, asked for when metrics are read; a second closure replaces the first.
    package func gauge(
        _ name: String, help: String, labels: [String: String] = [:], read: @escaping @Sendable () -> Double
    ) {
        register(name, help, labels, .gauge, .gauge(read), replaces: true)
    }

    /// Numbers with labels that are known only when metrics are read; a second closure replaces the first.
    package func gauges(_ name: String, help: String, read: @escaping @Sendable () -> [MetricSample]) {
        register(name, help, [:], .gauge, .gauges(read), replaces: true)
    }

    /// A copy to read without the lock: the closures of gauges may take their time, or use the registry.
    func families() -> [String: Family] { state.withLock { $0.families } }

    func countDropped(_ count: Int) { dropped.increment(by: count) }

    @discardableResult
    private func register(
        _ name: String, _ help: String, _ labels: [String: String], _ kind: Kind, _ instrument: Instrument,
        replaces: Bool = false
    ) -> Instrument {
        // Two names that Prometheus would write alike are one.
        let (name, labels) = (Self.metricName(name), Self.allowed(labels))
        let kept = state.withLock { state -> Instrument? in
            guard var family = Self.family(name, help, kind, in: &state) else { return nil }
            let existing = family.series[labels]
            if let existing, !replaces { return existing }
            if existing == nil {
                guard state.seriesCount < maximumSeries else { return nil }
                state.seriesCount += 1
            }
            family.series[labels] = instrument
            state.families[name] = family
            return instrument
        }
        if kept == nil { dropped.increment() }
        return kept ?? instrument
    }

    /// The family of a name, a new one when there is none; nil when its lines would be taken for another's.
    private static func family(_ name: String, _ help: String, _ kind: Kind, in state: inout State) -> Family? {
        if let family = state.families[name] { return family.kind == kind ? family : nil }
        let lineNames = kind.endings.map { name + $0 }
        guard lineNames.allSatisfy({ state.lineNames[$0] == nil }) else { return nil }
        for lineName in lineNames { state.lineNames[lineName] = name }
        return Family(kind: kind, help: help)
    }
}

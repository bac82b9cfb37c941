package import CoreMetrics

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

    /// An empty registry.
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

/// The registry as the backend of swift-metrics, by which libraries report: `MetricsSystem.bootstrap(registry)`.
///
/// Names and labels are made to fit Prometheus: `http.server.request.duration`, a timer, becomes the histogram
/// `http_server_request_duration_seconds`. A destroyed instrument stays: it is one of a bounded number.
extension MetricsRegistry: MetricsFactory {
    /// A counter of swift-metrics, shown as `<label>_total`.
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(Self.name(label, "_total"), help: Self.help(label), labels: Self.labels(dimensions))
    }

    /// A meter of swift-metrics.
    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        meter(label, help: Self.help(label), labels: Self.labels(dimensions))
    }

    /// A recorder of swift-metrics: a summary when it aggregates, else its last value.
    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        aggregate
            ? summary(label, help: Self.help(label), labels: Self.labels(dimensions))
            : meter(label, help: Self.help(label), labels: Self.labels(dimensions))
    }

    /// A timer of swift-metrics: a histogram of durations.
    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(Self.name(label, "_seconds"), help: Self.help(label), labels: Self.labels(dimensions))
    }

    /// Keeps it: an instrument lasts as long as the process.
    package func destroyCounter(_ handler: any CounterHandler) {}
    /// Keeps it: an instrument lasts as long as the process.
    package func destroyMeter(_ handler: any MeterHandler) {}
    /// Keeps it: an instrument lasts as long as the process.
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Keeps it: an instrument lasts as long as the process.
    package func destroyTimer(_ handler: any TimerHandler) {}

    private static func name(_ label: String, _ ending: String) -> String {
        label.hasSuffix(ending) ? label : label + ending
    }

    private static func help(_ label: String) -> String { "Reported by a library as \(label)." }

    private static func labels(_ dimensions: [(String, String)]) -> [String: String] {
        Dictionary(dimensions) { _, last in last }
    }
}

extension LatencyHistogram: TimerHandler {
    /// Adds a duration, as swift-metrics measures it.
    package func recordNanoseconds(_ duration: Int64) { record(.nanoseconds(duration)) }
}

extension MetricsRegistry {
    /// The histograms by name, the values of their labels in brackets, sorted.
    package func snapshots() -> [(name: String, snapshot: LatencySnapshot)] {
        families().sorted { $0.key < $1.key }.flatMap { name, family in
            family.series.compactMap { labels, instrument -> (name: String, snapshot: LatencySnapshot)? in
                guard case .histogram(let histogram) = instrument else { return nil }
                let values = labels.sorted { $0.key < $1.key }.map(\.value).joined(separator: ",")
                return (values.isEmpty ? name : "\(name)[\(values)]", histogram.snapshot())
            }.sorted { $0.name < $1.name }
        }
    }
}

extension MetricsRegistry {
    /// Media type of ``prometheusText()``.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// All metrics in the Prometheus text exposition format 0.0.4, ordered by name and labels.
    package func prometheusText() -> String {
        var text = ""
        for (name, family) in families().sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(Self.escapedHelp(family.help))\n# TYPE \(name) \(family.kind.rawValue)\n"
            let series = family.series.map { (labels: Self.labelText($0.key), instrument: $0.value) }
            for (labels, instrument) in series.sorted(by: { $0.labels < $1.labels }) {
                text += lines(name, labels, instrument)
            }
        }
        return text
    }

    private func lines(_ name: String, _ labels: String, _ instrument: Instrument) -> String {
        switch instrument {
        case .counter(let counter): return Self.line(name, labels, "\(counter.value)")
        case .meter(let meter): return Self.line(name, labels, Self.number(meter.value))
        case .gauge(let read): return Self.line(name, labels, Self.number(read()))
        case .summary(let summary):
            let (count, sum) = summary.value
            return Self.line("\(name)_sum", labels, Self.number(sum)) + Self.line("\(name)_count", labels, "\(count)")
        case .histogram(let histogram): return Self.lines(name, labels, histogram)
        case .gauges(let read):
            let samples = read()
            if samples.count > maximumSeries { countDropped(samples.count - maximumSeries) }
            // Two lines with the same labels would be refused as a whole.
            let series = Dictionary(
                samples.prefix(maximumSeries).map { (Self.labelText(Self.allowed($0.labels)), $0.value) }
            ) { first, _ in first }
            return series.sorted { $0.key < $1.key }.map { Self.line(name, $0.key, Self.number($0.value)) }.joined()
        }
    }

    /// Bounds of the shown buckets as powers of two of nanoseconds, 16 µs to 69 s: the fine buckets know them exactly.
    private static let shownPowers = Array(14...36)

    private static func lines(_ name: String, _ labels: String, _ histogram: LatencyHistogram) -> String {
        let (counts, count, sum) = histogram.cumulative(shownPowers)
        let separator = labels.isEmpty ? "" : ","
        var text = ""
        for (power, count) in zip(shownPowers, counts) {
            let bound = number(Double(1 << power) / 1e9)
            text += line("\(name)_bucket", "\(labels)\(separator)le=\"\(bound)\"", "\(count)")
        }
        text += line("\(name)_bucket", "\(labels)\(separator)le=\"+Inf\"", "\(count)")
        text += line("\(name)_sum", labels, number(sum / .seconds(1)))
        return text + line("\(name)_count", labels, "\(count)")
    }

    private static func line(_ name: String, _ labels: String, _ value: String) -> String {
        labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    /// A whole number without a fraction; NaN and infinities in Prometheus's spelling.
    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return Int64(exactly: value).map(String.init) ?? value.description
    }

    private static func labelText(_ labels: [String: String]) -> String {
        labels.sorted { $0.key < $1.key }
            .map { "\($0.key)=\"\(escapedLabel($0.value))\"" }
            .joined(separator: ",")
    }

    private static func escapedHelp(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }

    private static func escapedLabel(_ text: String) -> String {
        escapedHelp(text).replacing("\"", with: "\\\"")
    }

    /// The name with `_` for each character that Prometheus does not allow.
    static func metricName(_ name: String) -> String { allowed(name, ":") }

    /// The labels with names that Prometheus allows and has no use of its own for.
    static func allowed(_ labels: [String: String]) -> [String: String] {
        let reserved: Set = ["le", "quantile"]
        let pairs = labels.map { label, value in
            let name = allowed(label, "_")
            return (reserved.contains(name) || name.hasPrefix("__") ? "label_\(name)" : name, value)
        }
        return Dictionary(pairs) { first, _ in first }
    }

    private static func allowed(_ name: String, _ extra: Character) -> String {
        guard !name.isEmpty else { return "_" }
        let letters = name.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" || $0 == extra ? $0 : "_" }
        return (name.first?.isNumber == true ? "_" : "") + String(letters)
    }
}

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

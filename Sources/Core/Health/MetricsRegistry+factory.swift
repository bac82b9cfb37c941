package import CoreMetrics

/// The registry as the backend of swift-metrics, by which libraries report: `MetricsSystem.bootstrap(registry)`.
///
/// Names and labels are made to fit Prometheus: `http.server.request.duration`, a timer, becomes the histogram
/// `http_server_request_duration_seconds`. A destroyed instrument stays: it is one of a bounded number.
extension MetricsRegistry: MetricsFactory {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(Self.name(label, "_total"), help: Self.help(label), labels: Self.labels(dimensions))
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        meter(label, help: Self.help(label), labels: Self.labels(dimensions))
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        aggregate
            ? summary(label, help: Self.help(label), labels: Self.labels(dimensions))
            : meter(label, help: Self.help(label), labels: Self.labels(dimensions))
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(Self.name(label, "_seconds"), help: Self.help(label), labels: Self.labels(dimensions))
    }

    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
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
    package func recordNanoseconds(_ duration: Int64) { record(.nanoseconds(duration)) }
}

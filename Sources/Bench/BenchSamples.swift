import Foundation

/// Durations of one measurement, in milliseconds.
struct BenchSamples: Sendable {
    private(set) var sorted: [Double]
    /// Seconds that the whole took.
    let elapsed: Double
    let failures: Int

    init(_ values: [Double], elapsed: Double = 0, failures: Int = 0) {
        sorted = values.sorted()
        self.elapsed = elapsed
        self.failures = failures
    }

    var count: Int { sorted.count }
    var p50: Double { quantile(0.5) }
    var p95: Double { quantile(0.95) }
    var p99: Double { quantile(0.99) }
    /// Per second.
    var rate: Double { elapsed > 0 ? Double(count) / elapsed : 0 }

    func quantile(_ part: Double) -> Double {
        sorted.isEmpty ? .nan : sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }

    /// `1234/s, p50 1.2 ms, p99 3.4 ms`
    var text: String {
        let latencies = "p50 \(BenchFigure.number(p50)) ms, p99 \(BenchFigure.number(p99)) ms"
        let bad = failures > 0 ? ", \(failures) failed" : ""
        return elapsed > 0 ? "\(BenchFigure.number(rate))/s, \(latencies)\(bad)" : latencies + bad
    }
}

/// What a ``LatencyHistogram`` knew at one moment; percentiles are upper bounds of buckets a sixteenth wide.
package struct LatencySnapshot: Sendable, Equatable {
    package var count: Int
    package var sum: Duration
    package var p50: Duration
    package var p95: Duration
    package var p99: Duration
    package var longest: Duration

    package init(count: Int, sum: Duration, p50: Duration, p95: Duration, p99: Duration, longest: Duration) {
        self.count = count
        self.sum = sum
        self.p50 = p50
        self.p95 = p95
        self.p99 = p99
        self.longest = longest
    }
}

/// Durations in logarithmic buckets: constant memory, any percentile within 1/16, cheap enough for every request.
///
/// Buckets are sixteenths of a power of two from 1 µs (2^10 ns) to 18 min (2^40 ns); what lies outside counts in the
/// first or last one. A bucket contains its upper bound.
package final class LatencyHistogram: Sendable {
    private struct State {
        var counts = [Int](repeating: 0, count: LatencyHistogram.bucketCount)
        var count = 0
        var sum: Duration = .zero
        var longest: Duration = .zero
    }

    private static let firstPower = 10
    private static let lastPower = 40
    private static let perPower = 16
    /// Buckets of every histogram.
    package static let bucketCount = (lastPower - firstPower) * perPower + 1

    private let state = Locked(State())

    package init() {}

    /// Counts one duration; a negative one, as clocks that are set back give, counts as zero.
    package func record(_ duration: Duration) {
        let duration = max(duration, .zero)
        let bucket = Self.bucket(of: Self.nanoseconds(duration))
        state.withLock { state in
            state.counts[bucket] += 1
            state.count += 1
            state.sum += duration
            state.longest = max(state.longest, duration)
        }
    }

    /// Count, sum and percentiles since the start of the process.
    package func snapshot() -> LatencySnapshot {
        let state = state.withLock { $0 }
        func percentile(_ share: Double) -> Duration {
            min(Self.percentile(share, of: state.counts, total: state.count), state.longest)
        }
        return LatencySnapshot(
            count: state.count, sum: state.sum, p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99),
            longest: state.longest)
    }

    /// How many durations were at most 2^power ns, for each of `powers`, with the count and sum of all.
    func cumulative(_ powers: [Int]) -> (counts: [Int], count: Int, sum: Duration) {
        let state = state.withLock { $0 }
        let counts = powers.map { power in
            // The bucket of 2^power itself is the last of those at most as long.
            state.counts[...Self.bucket(of: 1 << UInt64(power))].reduce(0, +)
        }
        return (counts, state.count, state.sum)
    }

    /// The bucket of a duration; bounds belong to the bucket below them.
    package static func bucket(of nanoseconds: UInt64) -> Int {
        guard nanoseconds > 1 << UInt64(firstPower) else { return 0 }
        guard nanoseconds <= 1 << UInt64(lastPower) else { return bucketCount - 1 }
        let inner = nanoseconds - 1
        let power = inner.bitWidth - 1 - inner.leadingZeroBitCount
        let fraction = Int(inner >> UInt64(power - 4)) & (perPower - 1)
        return 1 + (power - firstPower) * perPower + fraction
    }

    /// The longest duration of a bucket, in nanoseconds.
    package static func upperBound(of bucket: Int) -> UInt64 {
        guard bucket > 0 else { return 1 << UInt64(firstPower) }
        let power = firstPower + (bucket - 1) / perPower
        let fraction = (bucket - 1) % perPower
        return UInt64(perPower + fraction + 1) << UInt64(power - 4)
    }

    private static func percentile(_ share: Double, of counts: [Int], total: Int) -> Duration {
        let rank = Int((share * Double(total)).rounded(.up))
        guard rank > 0 else { return .zero }
        var seen = 0
        for (bucket, count) in counts.enumerated() {
            seen += count
            guard seen >= rank else { continue }
            // What lies beyond the last bound is known only by its longest, which the caller cuts to.
            return bucket == bucketCount - 1 ? .seconds(Int64.max) : .nanoseconds(Int64(upperBound(of: bucket)))
        }
        return .zero
    }

    private static func nanoseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        // Beyond an hour all durations share the last bucket.
        guard seconds < 3_600 else { return .max }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}

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

/// Where the time of a feature's operations goes: a histogram for each of its stages.
package struct StageMetrics<Stage: CaseIterable & Hashable & RawRepresentable & Sendable>: Sendable
where Stage.RawValue == String {
    private let histograms: [Stage: LatencyHistogram]

    package init(_ registry: MetricsRegistry) {
        histograms = Dictionary(
            uniqueKeysWithValues: Stage.allCases.map {
                (
                    $0,
                    registry.histogram(
                        "hearth_stage_seconds", help: "Time of one stage of an operation.",
                        labels: ["stage": $0.rawValue])
                )
            })
    }

    /// Runs a stage and records how long it took.
    package func time<T>(_ stage: Stage, _ body: () async throws -> T) async rethrows -> T {
        let start = ContinuousClock.now
        let value = try await body()
        histograms[stage]?.record(ContinuousClock.now - start)
        return value
    }
}

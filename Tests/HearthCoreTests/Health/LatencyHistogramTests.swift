import HearthTesting
import Testing

@testable import HearthCore

@Suite struct LatencyHistogramTests {
    @Test func isEmptyAtFirst() {
        let snapshot = LatencyHistogram().snapshot()
        #expect(snapshot == LatencySnapshot(count: 0, sum: .zero, p50: .zero, p95: .zero, p99: .zero, longest: .zero))
    }

    @Test func percentilesAreWithinASixteenthAboveTheExactOnes() {
        var random = RepeatableRandom(seed: 31)
        for _ in 0..<20 {
            let histogram = LatencyHistogram()
            let exponent = Double.random(in: 4...9, using: &random)
            let durations = (0..<Int.random(in: 1...3_000, using: &random)).map { _ in
                Duration.nanoseconds(Int64(1_100 + Double.random(in: 0...1, using: &random) * pow10(exponent)))
            }
            for duration in durations { histogram.record(duration) }
            let sorted = durations.sorted()
            let snapshot = histogram.snapshot()
            for (share, found) in [(0.5, snapshot.p50), (0.95, snapshot.p95), (0.99, snapshot.p99)] {
                let exact = sorted[Int((share * Double(sorted.count)).rounded(.up)) - 1]
                #expect(found >= exact && found / exact <= 1.0626, "seed \(random.seed): \(found) for \(exact)")
            }
            #expect(snapshot.count == durations.count)
            #expect(snapshot.sum == durations.reduce(.zero, +))
            #expect(snapshot.longest == sorted.last)
        }
    }

    private func pow10(_ exponent: Double) -> Double {
        var value = 1.0
        for _ in 0..<Int(exponent) { value *= 10 }
        return value
    }

    @Test func everyBucketContainsItsUpperBoundAndNotTheNext() {
        for bucket in 0..<LatencyHistogram.bucketCount - 1 {
            let bound = LatencyHistogram.upperBound(of: bucket)
            #expect(LatencyHistogram.bucket(of: bound) == bucket)
            #expect(LatencyHistogram.bucket(of: bound + 1) == bucket + 1)
        }
        #expect(LatencyHistogram.bucket(of: 0) == 0)
        #expect(LatencyHistogram.bucket(of: .max) == LatencyHistogram.bucketCount - 1)
    }

    @Test func countsDurationsOutsideOfItsRange() {
        let histogram = LatencyHistogram()
        for duration in [.seconds(-5), .zero, .nanoseconds(1), .seconds(100_000), .seconds(Int64.max)] as [Duration] {
            histogram.record(duration)
        }
        let snapshot = histogram.snapshot()
        #expect(snapshot.count == 5)
        #expect(snapshot.p50 == .nanoseconds(1_024))
        #expect(snapshot.p99 == .seconds(Int64.max))
    }

    @Test func losesNothingWhenManyRecordAtOnce() async {
        let histogram = LatencyHistogram()
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<5_000 { histogram.record(.milliseconds(2)) } }
            }
        }
        let snapshot = histogram.snapshot()
        #expect(snapshot.count == 40_000)
        #expect(snapshot.sum == .seconds(80))
        #expect(snapshot.p50 == .milliseconds(2))
    }
}

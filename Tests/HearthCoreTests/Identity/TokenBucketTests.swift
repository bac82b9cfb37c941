import HearthTesting
import Testing

@testable import HearthCore

/// The arithmetic of rates, with a clock that stands still.
@Suite struct TokenBucketTests {
    private let start = ContinuousClock.now

    @Test func aFullBucketGrantsItsCapacityAtOnceAndNoMore() {
        var bucket = TokenBucket(capacity: 3, perSecond: 1, at: start)
        #expect((0..<4).map { _ in bucket.take(at: start).isGranted } == [true, true, true, false])
    }

    @Test func itFillsByItsRate() {
        var bucket = TokenBucket(capacity: 2, perSecond: 4, at: start)
        for _ in 0..<2 { _ = bucket.take(at: start) }
        #expect(!bucket.take(at: start + .milliseconds(249)).isGranted)
        #expect(bucket.take(at: start + .milliseconds(250)).isGranted)
        #expect(!bucket.take(at: start + .milliseconds(250)).isGranted)
    }

    @Test func itHoldsNoMoreThanItsCapacity() {
        var bucket = TokenBucket(capacity: 2, perSecond: 100, at: start)
        let later = start + .seconds(3_600)
        #expect((0..<3).map { _ in bucket.take(at: later).isGranted } == [true, true, false])
    }

    @Test func itSaysWhatIsLeftAndHowLongToWait() {
        var bucket = TokenBucket(capacity: 4, perSecond: 2, at: start)
        #expect(
            bucket.take(at: start)
                == TokenBucket.Answer(isGranted: true, limit: 4, remaining: 3, reset: .seconds(0.5), wait: .zero))
        for _ in 0..<3 { _ = bucket.take(at: start) }
        #expect(
            bucket.take(at: start)
                == TokenBucket.Answer(isGranted: false, limit: 4, remaining: 0, reset: .seconds(2), wait: .seconds(0.5))
        )
    }

    @Test func aClockThatGoesBackGivesNothing() {
        var bucket = TokenBucket(capacity: 1, perSecond: 1, at: start)
        #expect(bucket.take(at: start + .seconds(1)).isGranted)
        #expect(!bucket.take(at: start - .seconds(60)).isGranted)
        #expect(!bucket.take(at: start + .seconds(1.9)).isGranted)
        #expect(bucket.take(at: start + .seconds(2)).isGranted)
    }

    @Test func aTokenThatWasPutBackCanBeTakenAgain() {
        var bucket = TokenBucket(capacity: 1, perSecond: 0.001, at: start)
        #expect(bucket.take(at: start).isGranted)
        bucket.putBack()
        bucket.putBack()
        #expect(bucket.take(at: start).isGranted)
        #expect(!bucket.take(at: start).isGranted)
    }

    @Test(arguments: [(0, 1.0), (-5, 1), (1, 0), (1, -3), (1, 1e-300)])
    func senselessRatesStillGrantTheFirstAndNeverTrap(_ capacity: Int, _ rate: Double) {
        var bucket = TokenBucket(capacity: capacity, perSecond: rate, at: start)
        #expect(bucket.take(at: start).isGranted)
        let refused = bucket.take(at: start)
        #expect(!refused.isGranted)
        #expect(refused.wait <= .seconds(86_400))
    }

    /// Over any stretch of time, no more is granted than the capacity and what the rate adds.
    @Test(arguments: RepeatableRandom.seeds(20))
    func neverMoreThanTheRateAllows(_ seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        let (capacity, rate) = (Int.random(in: 1...20, using: &random), Double.random(in: 0.5...50, using: &random))
        var bucket = TokenBucket(capacity: capacity, perSecond: rate, at: start)
        var (elapsed, granted) = (0.0, 0)
        for _ in 0..<2_000 {
            elapsed += Double.random(in: 0...0.05, using: &random)
            if bucket.take(at: start + .seconds(elapsed)).isGranted { granted += 1 }
        }
        let allowed = Double(capacity) + elapsed * rate
        #expect(Double(granted) <= allowed + 1e-3)
    }

    /// Whoever waits as long as the answer says is granted the next request.
    @Test(arguments: RepeatableRandom.seeds(20))
    func theWaitIsLongEnough(_ seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        var bucket = TokenBucket(
            capacity: Int.random(in: 1...5, using: &random), perSecond: Double.random(in: 0.5...50, using: &random),
            at: start)
        var now = start
        for _ in 0..<200 {
            let answer = bucket.take(at: now)
            if answer.isGranted {
                now += .milliseconds(Int.random(in: 0...20, using: &random))
            } else {
                now += answer.wait + .microseconds(1)
                #expect(bucket.take(at: now).isGranted)
            }
        }
    }
}

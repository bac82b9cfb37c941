/// A rate limit: a bucket that holds at most `capacity` tokens and is filled by `perSecond`; a request takes one.
///
/// Pure: the time comes from outside, so tests hold the clock. A time before the last one counts as the last one.
package struct TokenBucket: Sendable {
    /// What became of a request.
    package struct Answer: Sendable, Equatable {
        package var isGranted: Bool
        /// Tokens that it holds.
        package var limit: Int
        /// Whole tokens that are left.
        package var remaining: Int
        /// Until it is full again.
        package var reset: Duration
        /// Until the next token is there; zero when one is.
        package var wait: Duration

        package init(isGranted: Bool, limit: Int, remaining: Int, reset: Duration, wait: Duration) {
            self.isGranted = isGranted
            self.limit = limit
            self.remaining = remaining
            self.reset = reset
            self.wait = wait
        }
    }

    package let capacity: Double
    package let perSecond: Double
    private var tokens: Double
    private var time: ContinuousClock.Instant

    /// A full bucket.
    /// - Parameters:
    ///   - capacity: at least 1, or nothing would ever be granted.
    ///   - perSecond: above 0.
    package init(capacity: Int, perSecond: Double, at time: ContinuousClock.Instant) {
        self.capacity = Double(max(capacity, 1))
        self.perSecond = max(perSecond, .leastNonzeroMagnitude)
        self.time = time
        tokens = self.capacity
    }

    /// Takes a token if there is one.
    package mutating func take(at now: ContinuousClock.Instant) -> Answer {
        fill(until: now)
        let isGranted = tokens >= 1
        if isGranted { tokens -= 1 }
        return answer(isGranted: isGranted)
    }

    /// Puts back the token of a request that was refused for another reason.
    package mutating func putBack() { tokens = min(tokens + 1, capacity) }

    /// Whether it holds all it can, so that a new one in its place makes no difference.
    package func isFull(at now: ContinuousClock.Instant) -> Bool {
        var bucket = self
        bucket.fill(until: now)
        return bucket.tokens >= capacity
    }

    private mutating func fill(until now: ContinuousClock.Instant) {
        guard now > time else { return }
        tokens = min(capacity, tokens + (now - time).seconds * perSecond)
        time = now
    }

    private func answer(isGranted: Bool) -> Answer {
        Answer(
            isGranted: isGranted, limit: Int(capacity), remaining: Int(tokens),
            reset: Self.time((capacity - tokens) / perSecond), wait: Self.time(max(1 - tokens, 0) / perSecond))
    }

    /// A duration of at most a day: no client waits longer.
    private static func time(_ seconds: Double) -> Duration { .seconds(min(seconds, 86_400)) }
}

extension Duration {
    /// Seconds with fractions.
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

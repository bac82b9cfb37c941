import HearthCore

/// When a failed attempt comes back: exponential back-off with jitter, so that a herd spreads out.
package struct RetryPolicy: Sendable {
    package let first: Duration
    package let longest: Duration

    package init(first: Duration = Limits.firstBackoff, longest: Duration = Limits.longestBackoff) {
        self.first = first
        self.longest = longest
    }

    /// Milliseconds until the next attempt.
    /// - Parameters:
    ///   - attempt: attempts made so far, from 1.
    ///   - jitter: 0..<1; the delay lies between half and all of `first × 2^(attempt-1)`, at most `longest`.
    package func delay(afterAttempt attempt: Int, jitter: Double) -> Int64 {
        let doublings = min(max(attempt - 1, 0), 30)
        let full = min(first.milliseconds << Int64(doublings), longest.milliseconds)
        return full / 2 + Int64(Double(full - full / 2) * jitter)
    }
}

/// Pauses between attempts that fail: the first one, then twice as long each time, up to the longest.
package struct Backoff: Sendable, Equatable {
    package let first: Duration
    package let longest: Duration

    package init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }

    /// The pause before the next attempt.
    /// - Parameter failures: attempts in a row that have failed; zero of them need no pause.
    package func pause(after failures: Int) -> Duration {
        guard failures > 0 else { return .zero }
        // Enough doublings to reach any limit, few enough not to overflow.
        return min(first * (1 << min(failures - 1, 30)), longest)
    }
}

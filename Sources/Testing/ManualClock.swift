import HearthCore

/// A clock that stands still until it is moved.
package final class ManualClock: WallClock {
    private let time: Locked<Int64>

    /// - Parameter now: milliseconds since 1970; by default a Friday noon.
    package init(now: Int64 = 1_800_014_400_000) { time = Locked(now) }

    /// Milliseconds since 1970, as the test has set them.
    package func now() -> Int64 { time.withLock { $0 } }

    /// Moves on.
    package func advance(by duration: Duration) {
        time.withLock { $0 += duration.milliseconds }
    }

    /// Moves to a time that is not earlier.
    package func advance(to time: Int64) {
        self.time.withLock { $0 = max($0, time) }
    }
}

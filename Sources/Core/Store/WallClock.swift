import Foundation

/// The time as rows hold it; tests pass their own.
package protocol WallClock: Sendable {
    /// Milliseconds since 1970.
    func now() -> Int64
}

/// The machine's clock.
package struct SystemClock: WallClock {
    package init() {}

    /// Milliseconds since 1970, by the system's clock, which may be set back.
    package func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}

extension Duration {
    /// Whole nanoseconds; 292 years at most.
    package var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }

    /// Whole milliseconds, as rows hold them.
    package var milliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// Milliseconds with fractions, as replies show them.
    package var fractionalMilliseconds: Double {
        Double(components.seconds) * 1e3 + Double(components.attoseconds) / 1e15
    }
}

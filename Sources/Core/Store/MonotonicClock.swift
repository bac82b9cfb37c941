import Foundation

/// The machine's monotonic clock, the same for every process of the machine.
package enum MonotonicClock {
    /// Nanoseconds since the machine started.
    package static func nanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

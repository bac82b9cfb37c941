import CLinux
import HearthCore

/// Where a worker stands when it competes with the doors for a processor.
enum ProcessPriority {
    /// Lets the doors go first: they need little and at once, models need much and for long.
    ///
    /// With a long time slice a thread's turn is due late, so a door that wakes up runs within microseconds instead of
    /// at the end of someone's slice (EEVDF, Linux 6.6 and later). Call it before any thread is started: threads
    /// inherit it. A system that forbids it changes nothing but the order under load.
    static func yieldToDoors() {
        _ = hearth_set_priority(Limits.workerNiceness, UInt64(Limits.workerSlice.nanoseconds))
    }
}

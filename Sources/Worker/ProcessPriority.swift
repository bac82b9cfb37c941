import CLinux
import HearthCore

/// Where a worker stands when it competes with the doors for a processor.
enum ProcessPriority {
    /// Lets the doors go first: they need little and at once, models need much and for long. What makes pictures and
    /// videos comes last: no caller waits for a single answer of it, and it keeps all processors busy for minutes.
    ///
    /// With a long time slice a thread's turn is due late, so a door that wakes up runs within microseconds instead of
    /// at the end of someone's slice (EEVDF, Linux 6.6 and later). Call it before any thread is started: threads
    /// inherit it, and so do the programs that the worker runs. A system that forbids it changes nothing but the order
    /// under load.
    static func yieldToDoors(as role: WorkerRole) {
        _ = hearth_set_priority(niceness(of: role), UInt64(Limits.workerSlice.nanoseconds))
    }

    /// When both want a processor, the doors get thirty times as much of it as a thread of this niceness.
    private static let mediaNiceness: Int32 = 15

    static func niceness(of role: WorkerRole) -> Int32 {
        role == .media ? mediaNiceness : Limits.workerNiceness
    }

    /// What a worker is for, which is wanted before all other settings are read.
    static func role(environment: [String: String]) -> WorkerRole {
        environment["HEARTH_WORKER_ROLE"].flatMap { $0.isEmpty ? nil : WorkerRole(rawValue: $0) } ?? .inference
    }
}

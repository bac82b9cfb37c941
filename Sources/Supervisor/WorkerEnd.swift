import Foundation
import Subprocess

/// How a worker's process ended, as far as its jobs are concerned.
enum WorkerEnd: Equatable {
    /// With exit status 0, or it never began.
    case well
    /// By its own doing: its code raised a signal or called `exit`, or it took more memory than there is. One of its
    /// jobs may be the reason.
    case crash(String)
    /// By a signal that somebody sent: an operator, the system that shuts down, this server. No job is the reason.
    case endedFromOutside(String)

    /// - Parameter isOutOfMemory: whether the kernel has ended a process for its memory since this one began.
    init(_ status: TerminationStatus, isOutOfMemory: Bool) {
        switch status {
        case .exited(0): self = .well
        case .exited(let code): self = .crash("exit status \(code)")
        case .signaled(let signal) where Self.raised.contains(signal): self = .crash(Self.name(signal))
        case .signaled(SIGKILL) where isOutOfMemory: self = .crash("out of memory")
        case .signaled(let signal): self = .endedFromOutside(Self.name(signal))
        }
    }

    var isCrash: Bool { if case .crash = self { true } else { false } }

    /// Signals that code raises by what it does.
    private static let raised: Set<Int32> = [SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS]

    private static func name(_ signal: Int32) -> String {
        strsignal(signal).map { String(cString: $0) } ?? "signal \(signal)"
    }

    /// How many processes of this machine the kernel has ended for their memory; 0 where it does not say.
    static func memoryKills() -> Int {
        let text = (try? String(contentsOfFile: "/proc/vmstat", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("oom_kill ") }
        return line.flatMap { Int($0.dropFirst("oom_kill ".count)) } ?? 0
    }
}

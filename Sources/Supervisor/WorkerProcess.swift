import Foundation
import HearthCore
import HearthInference
import Subprocess
import SystemPackage

/// One worker process: started, signalled, waited for.
final class WorkerProcess: Sendable {
    private enum State {
        /// → starting, ended
        case notStarted
        /// The signal that came meanwhile is sent as soon as there is a process. → running, ended
        case starting(signal: Int32?)
        /// → ended
        case running(pid_t, since: ContinuousClock.Instant)
        /// Final.
        case ended
    }

    private let settings: WorkerSettings
    private let executable: String
    private let state = Locked(State.notStarted)

    init(settings: WorkerSettings, executable: String) {
        self.settings = settings
        self.executable = executable
    }

    /// How long the process has run; nil when it does not run.
    var age: Duration? {
        state.withLock { state in
            if case .running(_, let start) = state { ContinuousClock.now - start } else { nil }
        }
    }

    /// Whether it is gone, or was ended before it began.
    var hasEnded: Bool {
        state.withLock { state in
            if case .ended = state { true } else { false }
        }
    }

    /// Runs the process to its end; its log lines go to this process's standard error.
    /// - Returns: How it ended. One that was ended before it began has ended well.
    func run() async throws -> WorkerEnd {
        let isWanted = state.withLock { state in
            guard case .notStarted = state else { return false }
            state = .starting(signal: nil)
            return true
        }
        guard isWanted else { return .well }
        let kills = WorkerEnd.memoryKills()
        defer { state.withLock { $0 = .ended } }
        // The worker ends when this pipe closes, which the kernel does for us however we end.
        let pipe = try FileDescriptor.pipe()
        defer { try? pipe.writeEnd.close() }
        _ = fcntl(pipe.writeEnd.rawValue, F_SETFD, FD_CLOEXEC)
        let variables = CrashReports.added(to: ChildEnvironment.make(adding: settings.environment))
        let environment = Dictionary(
            uniqueKeysWithValues: variables.map { (Environment.Key(stringLiteral: $0.key), $0.value) })
        // A group of its own: Ctrl-C in a terminal reaches this process alone, which asks its workers to end.
        var options = PlatformOptions()
        options.processGroupID = 0
        let result = try await Subprocess.run(
            .path(FilePath(executable)), environment: .custom(environment), platformOptions: options,
            input: .fileDescriptor(pipe.readEnd, closeAfterSpawningProcess: true),
            output: .fileDescriptor(.standardError, closeAfterSpawningProcess: false),
            error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false)
        ) { [self] execution in
            let pid = execution.processIdentifier.value
            state.withLock { state in
                if case .starting(let number?) = state { _ = kill(pid, number) }
                state = .running(pid, since: .now)
            }
        }
        return WorkerEnd(result.terminationStatus, isOutOfMemory: WorkerEnd.memoryKills() > kills)
    }

    /// Sends a signal that ends the process; one that has not begun never does.
    func signal(_ number: Int32) {
        state.withLock { state in
            switch state {
            case .notStarted: state = .ended
            case .starting: state = .starting(signal: number)
            case .running(let pid, _): _ = kill(pid, number)
            case .ended: break
            }
        }
    }
}

/// How a worker's process ended, as far as its jobs are concerned.
enum WorkerEnd: Equatable {
    /// With exit status 0, or it never began.
    case well
    /// By its own doing: its code raised a signal or called `exit`, or it took more memory than there is. One of its
    /// jobs may be the reason.
    case crash(String)
    /// By a signal from outside: an operator, the system that shuts down, this server. No job is the reason.
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

    var isCrash: Bool { crash != nil }

    /// Whether a signal asked for it, as an operator or a service manager sends it; such an end is no trouble.
    var isAskedFor: Bool {
        switch self {
        case .well: true
        case .endedFromOutside(let signal): [SIGTERM, SIGINT, SIGHUP].map(Self.name).contains(signal)
        case .crash: false
        }
    }

    /// Why it crashed; nil when it did not.
    var crash: String? { if case .crash(let reason) = self { reason } else { nil } }

    /// Signals that code raises by what it does.
    private static let raised: Set<Int32> = [SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS]

    private static func name(_ signal: Int32) -> String {
        strsignal(signal).map { String(cString: $0) } ?? "signal \(signal)"
    }

    /// How many processes of this machine the kernel has ended for their memory; 0 where it does not say.
    static func memoryKills() -> Int {
        memoryKills(in: (try? String(contentsOfFile: "/proc/vmstat", encoding: .utf8)) ?? "")
    }

    /// What the text of `/proc/vmstat` says about that.
    static func memoryKills(in text: String) -> Int {
        let line = text.split(separator: "\n").first { $0.hasPrefix("oom_kill ") }
        return line.flatMap { Int($0.dropFirst("oom_kill ".count)) } ?? 0
    }
}

/// The end of a worker by its own doing, as people see it.
package struct WorkerCrash: Sendable, Codable, Equatable {
    /// "Segmentation fault", "exit status 1", "out of memory".
    package let reason: String
    /// Milliseconds since 1970.
    package let at: Int64

    package init(reason: String, at: Int64) {
        self.reason = reason
        self.at = at
    }
}

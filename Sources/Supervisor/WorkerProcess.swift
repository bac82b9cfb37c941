import Foundation
import HearthCore
import Subprocess
import SystemPackage

/// One worker process: started, signalled, waited for.
final class WorkerProcess: Sendable {
    private enum State {
        case notStarted
        case running(pid_t)
        case ended
    }

    private let settings: WorkerSettings
    private let executable: String
    private let state = Locked(State.notStarted)

    init(settings: WorkerSettings, executable: String) {
        self.settings = settings
        self.executable = executable
    }

    var pid: pid_t? {
        state.withLock { state in
            if case .running(let pid) = state { pid } else { nil }
        }
    }

    /// Whether it ran and is gone.
    var hasEnded: Bool {
        state.withLock { state in
            if case .ended = state { true } else { false }
        }
    }

    /// Runs the process to its end; its log lines go to this process's standard error.
    func run() async throws {
        // The worker ends when this pipe closes, which the kernel does for us however we end.
        let pipe = try FileDescriptor.pipe()
        defer { try? pipe.writeEnd.close() }
        _ = fcntl(pipe.writeEnd.rawValue, F_SETFD, FD_CLOEXEC)
        var environment: [Environment.Key: String?] = [:]
        for (name, value) in settings.environment { environment[Environment.Key(stringLiteral: name)] = value }
        defer { state.withLock { $0 = .ended } }
        _ = try await Subprocess.run(
            .path(FilePath(executable)), environment: .inherit.updating(environment),
            input: .fileDescriptor(pipe.readEnd, closeAfterSpawningProcess: true),
            output: .fileDescriptor(.standardError, closeAfterSpawningProcess: false),
            error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false)
        ) { [self] execution in
            state.withLock { $0 = .running(execution.processIdentifier.value) }
        }
    }

    /// Sends a signal while the process runs.
    func signal(_ number: Int32) {
        state.withLock { state in
            if case .running(let pid) = state { _ = kill(pid, number) }
        }
    }
}

import Dispatch
package import Foundation
import HearthCore

/// Takes away what this process has made for a while, child processes and folders, when a signal ends it.
///
/// A command removes them itself at its regular end. A signal ends the command at any moment, also in the middle of a
/// call that cannot be cancelled: then a thread of this object ends the children, waits for them, removes the folders
/// and exits. There is one for the process, because signals are for the process.
///
/// `@unchecked Sendable`: everything that changes is read and written with `lock` held.
package final class ExitCleanup: @unchecked Sendable {
    /// The one of this process.
    package static let shared = ExitCleanup()

    /// How long children may take to end by themselves: one of them may be a server.
    static let patience = Limits.serverEnd

    private let lock = NSLock()
    /// Held while something is removed: of two that remove one folder at once, each meets files that are gone already
    /// and gives up, and the process could end before the other has finished.
    private let removal = NSLock()
    private var children: [ObjectIdentifier: Process] = [:]
    private var paths: Set<String> = []
    private var isEnding = false
    private var sources: [any DispatchSourceSignal] = []
    /// Signals arrive here …
    private let signals = DispatchQueue(label: "hearth-signals")
    /// … and the work is done here, so that a second signal is noticed meanwhile.
    private let work = DispatchQueue(label: "hearth-cleanup")

    private init() {}

    /// Starts a child, which a signal to this process ends too.
    /// - Throws: what `Process.run()` throws.
    package func start(_ process: Process) throws {
        try lock.withLock {
            // It would not be among those that are ended.
            if isEnding { throw CancellationError() }
            watch()
            try Self.withSignals { try process.run() }
            children[ObjectIdentifier(process)] = process
        }
    }

    /// Notes that a file or folder is to be removed with the process; it need not exist yet.
    package func add(path: String) {
        lock.withLock {
            watch()
            _ = paths.insert(path)
        }
    }

    /// Asks a child to end and waits until it has; after a while it is killed.
    package func stop(_ process: Process) {
        if process.isRunning { Self.end([process]) }
        _ = lock.withLock { children.removeValue(forKey: ObjectIdentifier(process)) }
    }

    /// Removes a file or folder now.
    package func remove(path: String) {
        removeNow(path)
        _ = lock.withLock { paths.remove(path) }
    }

    private func removeNow(_ path: String) {
        _ = removal.withLock { try? FileManager.default.removeItem(atPath: path) }
    }

    // MARK: Signals

    /// Called with the lock held.
    private func watch() {
        guard sources.isEmpty else { return }
        sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: signals)
            source.setEventHandler { [self] in received(number) }
            source.resume()
            return source
        }
    }

    private func received(_ number: Int32) {
        lock.withLock {
            guard !isEnding else {
                // The user does not want to wait.
                for process in children.values where process.isRunning { kill(process.processIdentifier, SIGKILL) }
                return
            }
            isEnding = true
            work.async { [self] in end(by: number) }
        }
    }

    private func end(by signal: Int32) {
        let (children, paths) = lock.withLock { (Array(self.children.values), self.paths) }
        Self.end(children.filter(\.isRunning))
        for path in paths { removeNow(path) }
        // As a shell names the end by a signal.
        _exit(128 + signal)
    }

    /// Blocks while a signal ends the process: what fails meanwhile, because its server is gone, is no news.
    package func waitWhileEnding() {
        if lock.withLock({ isEnding }) { work.sync {} }
    }

    /// Asks processes to end, waits, and kills those that do not.
    private static func end(_ processes: [Process]) {
        for process in processes { process.terminate() }
        let limit = ContinuousClock.now + patience
        while processes.contains(where: \.isRunning), ContinuousClock.now < limit { poll(nil, 0, 10) }
        for process in processes where process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    /// Runs `body` with no signal blocked: a child inherits what is, and a thread of Dispatch blocks them all.
    private static func withSignals(_ body: () throws -> Void) rethrows {
        var (none, before) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }
}

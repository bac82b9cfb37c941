import Foundation

/// A few threads for calls that block (fsync, for one), so that the cooperative threads never do.
package final class BlockingThreads: Sendable {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var isStopped = false
    }

    // A condition variable guards `state` because `Locked` has none to wait on.
    private let condition = NSCondition()
    private let state = Locked(State())
    private let limit: Int

    package init(name: String, threads: Int = Limits.blockingThreads, queue limit: Int = Limits.blockingQueue) {
        self.limit = limit
        for number in 0..<threads {
            let thread = Thread { [weak self] in
                while let work = self?.next() { work() }
            }
            thread.name = "\(name)-\(number)"
            thread.stackSize = 1 << 20
            thread.start()
        }
    }

    /// Runs `body` on one of the threads.
    /// - Throws: what it throws; ``HearthError`` `overloaded` when too much waits already.
    package func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await runUntilResumed { resume in resume(Result { try body() }) }
    }

    /// Runs `body` on one of the threads, and waits until it, or the code that it hands `resume` to, calls that once.
    package func runUntilResumed<T: Sendable>(
        _ body: @escaping @Sendable (_ resume: @escaping @Sendable (Result<T, any Error>) -> Void) -> Void
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            guard !enqueue({ body { continuation.resume(with: $0) } }) else { return }
            continuation.resume(
                throwing: HearthError(.overloaded, "Too much reading and writing waits already.", retryAfter: 1))
        }
    }

    private func enqueue(_ work: @escaping @Sendable () -> Void) -> Bool {
        let accepted = state.withLock { state in
            guard !state.isStopped, state.waiting.count < limit else { return false }
            state.waiting.append(work)
            return true
        }
        if accepted {
            condition.lock()
            condition.signal()
            condition.unlock()
        }
        return accepted
    }

    private func next() -> (@Sendable () -> Void)? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            let (work, isStopped) = state.withLock { state in
                (state.waiting.isEmpty ? nil : state.waiting.removeFirst(), state.isStopped)
            }
            if let work { return work }
            if isStopped { return nil }
            condition.wait()
        }
    }

    /// Lets the threads end when the queue is empty; nothing more is accepted.
    package func stop() {
        state.withLock { $0.isStopped = true }
        condition.lock()
        condition.broadcast()
        condition.unlock()
    }
}

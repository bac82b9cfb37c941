import Foundation
import HearthCore
import NIOCore

/// Threads for requests whose bodies may cost much time to read, check and answer (decision 0027).
///
/// Work that never waits keeps its thread, and there are as few cooperative threads as processors: two such requests
/// would keep connections from being accepted and clocks from being looked at. The system shares its processors among
/// these threads and all others, however long one of them computes.
package final class RequestThreads: TaskExecutor {
    /// Those of this process; they are started when they are first used, and stay.
    package static let shared = RequestThreads(name: namePrefix, threads: Limits.requestThreads)
    /// What their names begin with, before a digit: Linux refuses names of more than 15 bytes.
    package static let namePrefix = "hearth-request"

    private let condition = NSCondition()
    // Guarded by `condition`.
    nonisolated(unsafe) private var waiting = CircularBuffer<UnownedJob>()
    // Guarded by `condition`.
    nonisolated(unsafe) private var idle = 0

    private init(name: String, threads: Int) {
        // Held until all have been started, see `setName`.
        condition.lock()
        defer { condition.unlock() }
        for number in 0..<threads {
            // It ends with the process.
            let thread = Thread { [self] in
                setName("\(name)\(number)")
                while true { next().runSynchronously(on: asUnownedTaskExecutor()) }
            }
            thread.stackSize = 1 << 20
            thread.start()
        }
    }

    /// Names the running thread: Foundation knows it only when its `start` has returned, and ignores names before.
    private func setName(_ name: String) {
        condition.lock()
        Thread.current.name = name
        condition.unlock()
    }

    /// Runs a job on the next thread that is free.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.lock()
        waiting.append(job)
        if idle > 0 { condition.signal() }
        condition.unlock()
    }

    private func next() -> UnownedJob {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let job = waiting.popFirst() { return job }
            idle += 1
            condition.wait()
            idle -= 1
        }
    }
}

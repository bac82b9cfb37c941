import Foundation
import HearthCore

/// What a commit thread has to do next.
enum CommitWork {
    /// Plan the writes and write their files; `besideCommit`: while another thread commits a group.
    case prepare([any PendingWrite], besideCommit: Bool)
    /// Commit the rows of the writes.
    case commit([any PendingWrite])
}

/// The writes that wait for the commit threads, and what these threads are doing.
///
/// One group is prepared at a time, and one is committed at a time. Both may happen at once, on two threads; when there
/// is little to do, one thread does the one after the other, and no other is woken.
///
/// `@unchecked Sendable`: everything is touched under `condition` only.
final class WriteQueue: @unchecked Sendable {
    private struct State {
        /// Their files come first.
        var unprepared: [any PendingWrite] = []
        /// They wait for nothing but their commit.
        var ready: [any PendingWrite] = []
        var isPreparing = false
        var isCommitting = false
        var isStopped = false

        var waitingCount: Int { unprepared.count + ready.count }

        /// Whether there is something for a thread that has nothing to do.
        var hasWork: Bool { canCommit || canPrepare }
        private var canCommit: Bool { !isCommitting && !ready.isEmpty }
        private var canPrepare: Bool { !isPreparing && !unprepared.isEmpty }

        /// What can be committed comes first: its callers have waited longest.
        mutating func take() -> CommitWork? {
            if canCommit {
                isCommitting = true
                return .commit(Self.take(min(ready.count, Limits.groupedWrites), of: &ready))
            }
            guard canPrepare else { return nil }
            isPreparing = true
            return .prepare(Self.take(preparedCount, of: &unprepared), besideCommit: isCommitting)
        }

        /// How many of the first writes share one write of their files to disk.
        private var preparedCount: Int {
            var count = 0
            var bytes = 0
            for write in unprepared.prefix(Limits.groupedWrites) {
                bytes += write.fileBytes ?? 0
                guard count == 0 || bytes <= Limits.journalGroupBytes else { break }
                count += 1
            }
            return count
        }

        private static func take(_ count: Int, of writes: inout [any PendingWrite]) -> [any PendingWrite] {
            defer { writes.removeFirst(count) }
            return Array(writes.prefix(count))
        }
    }

    private let condition = NSCondition()
    private var state = State()

    /// - Returns: false when too much waits.
    func add(_ write: any PendingWrite) -> Bool {
        condition.lock()
        let isAccepted = !state.isStopped && state.waitingCount < Limits.waitingWrites
        let hadWork = state.hasWork
        if isAccepted {
            if write.fileBytes == nil { state.ready.append(write) } else { state.unprepared.append(write) }
        }
        let isNewWork = !hadWork && state.hasWork
        condition.unlock()
        // Behind the lock, or the thread that wakes up would wait for it and sleep again.
        if isNewWork { condition.signal() }
        return isAccepted
    }

    /// Waits for something to do.
    /// - Returns: nil when the queue has stopped and nothing waits.
    func next() -> CommitWork? {
        condition.lock()
        while true {
            if let work = state.take() {
                let isMore = state.hasWork
                condition.unlock()
                if isMore { condition.signal() }
                return work
            }
            if state.isStopped, state.waitingCount == 0 {
                // The other thread may wait for work that will not come.
                condition.broadcast()
                condition.unlock()
                return nil
            }
            condition.wait()
        }
    }

    /// A group has been prepared; the caller asks for the next work at once.
    /// - Parameter ready: those of its writes whose rows are to be committed.
    func endPreparing(_ ready: [any PendingWrite]) {
        condition.lock()
        state.isPreparing = false
        state.ready += ready
        condition.unlock()
    }

    /// A group has been committed; the caller asks for the next work at once.
    func endCommitting() {
        condition.lock()
        state.isCommitting = false
        condition.unlock()
    }

    /// Accepts nothing more; what waits is still written.
    func stop() {
        condition.lock()
        state.isStopped = true
        condition.broadcast()
        condition.unlock()
    }
}

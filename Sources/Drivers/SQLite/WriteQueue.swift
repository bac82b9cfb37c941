import Foundation
import HearthCore

/// The writes that wait for the commit thread.
///
/// `@unchecked Sendable`: everything is touched under `condition` only.
final class WriteQueue: @unchecked Sendable {
    private let condition = NSCondition()
    private var waiting: [any PendingWrite] = []
    private var isStopped = false

    /// - Returns: false when too much waits.
    func add(_ write: any PendingWrite) -> Bool {
        condition.lock()
        let isAccepted = !isStopped && waiting.count < Limits.waitingWrites
        if isAccepted { waiting.append(write) }
        let isFirst = isAccepted && waiting.count == 1
        condition.unlock()
        // Behind the lock, or the thread that wakes up would wait for it and sleep again.
        if isFirst { condition.signal() }
        return isAccepted
    }

    /// Waits for the next group: writes that share one commit, and whose files are not too much for one write to disk.
    /// - Returns: nil when the queue has stopped and is empty.
    func next() -> [any PendingWrite]? {
        condition.lock()
        defer { condition.unlock() }
        while waiting.isEmpty {
            if isStopped { return nil }
            condition.wait()
        }
        var count = 0
        var bytes = 0
        for write in waiting.prefix(Limits.groupedWrites) {
            bytes += write.fileBytes ?? 0
            guard count == 0 || bytes <= Limits.journalGroupBytes else { break }
            count += 1
        }
        let group = Array(waiting.prefix(count))
        waiting.removeFirst(count)
        return group
    }

    /// Accepts nothing more; what waits is still written.
    func stop() {
        condition.lock()
        isStopped = true
        condition.broadcast()
        condition.unlock()
    }
}

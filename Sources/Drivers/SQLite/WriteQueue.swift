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
        defer { condition.unlock() }
        guard !isStopped, waiting.count < Limits.waitingWrites else { return false }
        waiting.append(write)
        if waiting.count == 1 { condition.signal() }
        return true
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

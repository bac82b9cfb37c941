import Foundation

/// Holds threads back until all of them have come, so that they begin at the same time.
// Unchecked: the count is touched only while the condition is locked.
final class BenchStartLine: @unchecked Sendable {
    private let condition = NSCondition()
    private var missing: Int

    init(count: Int) { missing = count }

    /// Blocks the thread until the last one is here.
    func wait() {
        condition.lock()
        missing -= 1
        if missing <= 0 { condition.broadcast() }
        while missing > 0 { condition.wait() }
        condition.unlock()
    }
}

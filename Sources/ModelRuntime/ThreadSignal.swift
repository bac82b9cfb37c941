import Foundation

/// Wakes threads that have nothing to do. A signal that comes while no thread waits is kept, up to `capacity` of them.
///
/// `@unchecked Sendable`: the count is touched only while the condition is locked.
final class ThreadSignal: @unchecked Sendable {
    private let condition = NSCondition()
    private let capacity: Int
    private var signals = 0

    init(capacity: Int) { self.capacity = capacity }

    /// Wakes one waiting thread, or the next one that comes.
    func signal() {
        condition.lock()
        if signals < capacity { signals += 1 }
        condition.signal()
        condition.unlock()
    }

    /// Wakes all threads that may wait.
    func signalAll() {
        condition.lock()
        signals = capacity
        condition.broadcast()
        condition.unlock()
    }

    /// Blocks the thread until a signal comes.
    func wait() {
        condition.lock()
        while signals == 0 { condition.wait() }
        signals -= 1
        condition.unlock()
    }
}

/// Runs blocking work on a thread of its own, never on the cooperative ones; returns when the thread has ended.
func onOwnThread(named name: String, _ body: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
        let thread = Thread {
            body()
            continuation.resume()
        }
        thread.name = name
        // Graph compilers recurse deeply.
        thread.stackSize = 8 << 20
        thread.start()
    }
}

import Foundation
import HearthCore

/// Ends this process at once when its front is gone: standard input is a pipe that only the front holds open.
///
/// The next front gives the jobs to other workers, so nothing of this process may go on writing, and nothing here is
/// worth finishing: a worker may be killed at any moment anyway. A process that is stopped does not get here; the next
/// front kills it (``DataFolderLock/endEarlierWriters(within:by:)``).
enum ParentWatch {
    /// - Parameter end: Ends what this process has started, before it ends itself.
    static func start(_ end: @escaping @Sendable () -> Void) {
        // A thread of its own, because reading blocks; it ends with the process.
        let thread = Thread {
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count > 0 || (count < 0 && errno == EINTR) { continue }
                end()
                // Not `exit`: that would wait for other threads' locks.
                _exit(0)
            }
        }
        thread.name = "hearth-parent"
        thread.start()
    }
}

import Foundation
import HearthCore
import ServiceLifecycle

/// Ends the worker at once when its front is gone: standard input is a pipe that only the front holds open.
///
/// The next front takes back the jobs and removes the files that no row names, so nothing of this process may go on
/// writing: what runs is cancelled, and what does not end by that ends with the process.
struct ParentWatch: Service {
    func run() async throws {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        // A thread of its own, because reading blocks; it ends with the front, or with this process.
        let thread = Thread {
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count > 0 || (count < 0 && errno == EINTR) { continue }
                // After this time the kernel ends the process, whatever hangs in it (alarm(2)).
                alarm(UInt32(Limits.orphanGrace.components.seconds))
                end.finish()
                return
            }
        }
        thread.name = "hearth-parent"
        thread.start()
        await cancelWhenGracefulShutdown {
            for await _ in ends {}
        }
    }
}

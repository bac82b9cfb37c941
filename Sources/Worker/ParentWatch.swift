import Foundation
import ServiceLifecycle

/// Ends the worker when its front is gone: standard input is a pipe that only the front holds open.
struct ParentWatch: Service {
    func run() async throws {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        // A thread of its own, because reading blocks; it ends with the front, or with this process.
        let thread = Thread {
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count > 0 || (count < 0 && errno == EINTR) { continue }
                return end.finish()
            }
        }
        thread.name = "hearth-parent"
        thread.start()
        await cancelWhenGracefulShutdown {
            for await _ in ends {}
        }
    }
}

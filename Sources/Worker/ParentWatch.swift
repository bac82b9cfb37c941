import Foundation
import HearthCore
import ServiceLifecycle

/// Ends the worker when its front is gone: standard input is a pipe that only the front holds open.
struct ParentWatch: Service {
    let threads: BlockingThreads
    /// Starts the graceful shutdown.
    let stop: @Sendable () -> Void

    func run() async throws {
        await cancelWhenGracefulShutdown {
            try? await threads.run {
                var byte: UInt8 = 0
                var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
                while true {
                    guard poll(&descriptor, 1, -1) > 0 || errno == EINTR else { break }
                    if descriptor.revents != 0, read(STDIN_FILENO, &byte, 1) <= 0 { break }
                }
            }
        }
        stop()
    }
}

import Dispatch
import Foundation
import ServiceLifecycle

/// Ends the worker when its front is gone: standard input is a pipe that only the front holds open.
struct ParentWatch: Service {
    func run() async throws {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let source = DispatchSource.makeReadSource(
            fileDescriptor: STDIN_FILENO, queue: DispatchQueue(label: "hearth.parent"))
        source.setEventHandler {
            var byte: UInt8 = 0
            if read(STDIN_FILENO, &byte, 1) <= 0 { end.finish() }
        }
        source.activate()
        defer { source.cancel() }
        await cancelWhenGracefulShutdown {
            for await _ in ends {}
        }
    }
}

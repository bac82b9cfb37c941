import HearthCore
import HearthStudio
import Logging
import ServiceLifecycle

/// Removes, once after the start, what a crash has left in the files: it cannot belong to a request of this process.
struct FileSweeper: Service {
    let studio: Studio
    let logger: Logger
    private let start = ContinuousClock.now

    init(studio: Studio, logger: Logger) {
        self.studio = studio
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            do {
                try await studio.sweepFiles(olderThan: ContinuousClock.now - start + .milliseconds(10))
            } catch {
                logger.warning("Files could not be swept; the next start tries again", metadata: ["error": "\(error)"])
            }
        }
        try? await gracefulShutdown()
    }
}

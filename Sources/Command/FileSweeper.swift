import HearthCore
import HearthProducts
import HearthStudio
import Logging
import ServiceLifecycle

/// Removes files without a row: after the start what a crash has left, which cannot belong to a request of this
/// process, and now and then what could not be removed when its row was.
struct FileSweeper: Service {
    let studio: Studio
    let products: Products
    let logger: Logger
    private let start = ContinuousClock.now

    init(studio: Studio, products: Products, logger: Logger) {
        self.studio = studio
        self.products = products
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await sweep(olderThan: ContinuousClock.now - start + .milliseconds(10))
            while (try? await Task.sleep(for: Limits.sweepInterval)) != nil {
                await sweep(olderThan: Limits.sweepInterval)
            }
        }
    }

    private func sweep(olderThan age: Duration) async {
        do {
            try await studio.sweepFiles(olderThan: age)
            try await products.sweepFiles(olderThan: age)
        } catch {
            logger.warning("Files could not be swept; it is tried again", metadata: ["error": "\(error)"])
        }
    }
}

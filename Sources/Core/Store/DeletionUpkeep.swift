package import Logging
import ServiceLifecycle

/// A part that deletes much in steps: what is being deleted is hidden at once, and removed by many short transactions.
package protocol StepwiseDeletion: Sendable {
    /// Takes one step of a deletion that has begun.
    /// - Returns: false when there is nothing left to delete.
    func step() async throws -> Bool
}

/// Goes on with deletions that have begun until nothing is left of them, also those of an earlier run of the server.
package struct DeletionUpkeep: Service {
    private let parts: [any StepwiseDeletion]
    private let logger: Logger

    package init(_ parts: [any StepwiseDeletion], logger: Logger) {
        self.parts = parts
        self.logger = logger
    }

    /// Looks for something to delete, again and again until the server stops.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var failures = 0
            repeat {
                do {
                    try await finish()
                    failures = 0
                } catch {
                    failures += 1
                    logger.warning("A deletion stopped; it goes on later", metadata: ["error": "\(error)"])
                }
            } while (try? await Task.sleep(for: Limits.deletionPause.pause(after: failures + 1))) != nil
        }
    }

    /// Takes all steps there are; others write between them.
    /// - Throws: what a step throws, `CancellationError` when the task is cancelled.
    package func finish() async throws {
        for part in parts {
            while try await part.step() { try Task.checkCancellation() }
        }
    }
}

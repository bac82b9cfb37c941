package import Logging
import ServiceLifecycle

/// Removes files that no row names: what a crash has left between file and commit, or between commit and removal.
///
/// A file without a row may also belong to a commit that is about to come: of another front on the same store, or a
/// worker. Therefore only files are removed that were last written longer than `Limits.orphanAge` ago, which is longer
/// than any writer waits between its file and its row.
package struct FileSweeper: Service {
    private let store: any Store
    private let blobs: any BlobStore
    private let owners: [any FileOwner]
    private let logger: Logger

    package init(store: any Store, blobs: any BlobStore, owners: [any FileOwner], logger: Logger) {
        self.store = store
        self.blobs = blobs
        self.owners = owners
        self.logger = logger
    }

    /// Removes old files without a row, again and again until the server stops.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat {
                do {
                    try await sweep(olderThan: Limits.orphanAge)
                } catch {
                    logger.warning("Files could not be swept; it is tried again", metadata: ["error": "\(error)"])
                }
            } while (try? await Task.sleep(for: Limits.sweepInterval)) != nil
        }
    }

    /// Removes what is older than an age and has no row.
    /// - Returns: how many files were removed.
    @discardableResult
    package func sweep(olderThan age: Duration) async throws -> Int {
        var removed = 0
        for owner in owners {
            for folder in owner.fileFolders {
                removed += try await sweep(folder, of: owner, olderThan: age)
                try await blobs.removeEmptyFolders(below: folder)
            }
        }
        try await blobs.removeStaged(olderThan: Limits.stagingAge)
        if removed > 0 { logger.notice("Files without a row were removed", metadata: ["count": "\(removed)"]) }
        return removed
    }

    private func sweep(_ folder: String, of owner: any FileOwner, olderThan age: Duration) async throws -> Int {
        var (removed, last): (Int, String?) = (0, nil)
        while true {
            let page = try await blobs.list(folder, olderThan: age, after: last, limit: Limits.sweepPage)
            removed += try await removeUnnamed(page, of: owner)
            guard page.count == Limits.sweepPage else { return removed }
            last = page.last
        }
    }

    /// Removes those of some files that no row names, however young they are. For a start, which knows that no row is
    /// about to name one of them.
    /// - Returns: how many there were.
    @discardableResult
    package func removeUnnamed(_ paths: [String]) async throws -> Int {
        var removed = 0
        for owner in owners {
            let own = paths.filter { path in owner.fileFolders.contains { path.hasPrefix("\($0)/") } }
            for start in stride(from: 0, to: own.count, by: Limits.sweepPage) {
                let page = Array(own[start..<min(start + Limits.sweepPage, own.count)])
                removed += try await removeUnnamed(page, of: owner)
            }
        }
        if removed > 0 { logger.notice("Files of deleted rows were removed", metadata: ["count": "\(removed)"]) }
        return removed
    }

    private func removeUnnamed(_ page: [String], of owner: any FileOwner) async throws -> Int {
        let named = try await store.read { db in try owner.named(page, in: db) }
        let orphans = page.filter { !named.contains($0) }
        try await blobs.remove(orphans)
        return orphans.count
    }
}

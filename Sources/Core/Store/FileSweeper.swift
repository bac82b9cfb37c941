package import Logging
import ServiceLifecycle

/// Removes files that no row names: what a crash has left between file and commit, or between commit and removal.
///
/// A file without a row may also belong to a commit that is about to come: of another front on the same store, or a
/// worker. Therefore a file is removed only when two sweeps have found it without a row, `Limits.orphanAge` apart. No
/// writer waits that long between its file and its row. The time is measured by a clock that cannot be set and that
/// stands while the machine is suspended, as the writers do. The time of the file by the wall clock is not asked.
///
/// What the last sweep has found is remembered for the next start. A start has proved that no writer lives, so what it
/// finds still without a row goes at once.
package struct FileSweeper: Service {
    private let store: any Store
    private let blobs: any BlobStore
    private let owners: [any FileOwner]
    private let remembered: UnnamedFiles?
    private let now: @Sendable () -> SuspendingClock.Instant
    private let logger: Logger
    private let sightings = Locked(FileSightings())
    private let stagedSightings = Locked(FileSightings())

    /// - Parameters:
    ///   - note: path of the file in which it remembers; nil: nothing is remembered.
    ///   - now: by which files grow old.
    package init(
        store: any Store, blobs: any BlobStore, owners: [any FileOwner], note: String? = nil, logger: Logger,
        now: @escaping @Sendable () -> SuspendingClock.Instant = { .now }
    ) {
        remembered = note.map { UnnamedFiles(path: $0) }
        self.store = store
        self.blobs = blobs
        self.owners = owners
        self.now = now
        self.logger = logger
    }

    /// Removes old files without a row, again and again until the server stops.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat {
                do {
                    try await sweep()
                } catch {
                    logger.warning("Files could not be swept; it is tried again", metadata: ["error": "\(error)"])
                }
            } while (try? await Task.sleep(for: Limits.sweepInterval)) != nil
        }
    }

    /// Looks for files without a row, and removes those that an earlier sweep has found so already. One sweep runs at a
    /// time.
    /// - Parameter age: how long ago the earlier sweep must have been; zero: none is needed.
    /// - Returns: how many files were removed.
    @discardableResult
    package func sweep(unnamedFor age: Duration = Limits.orphanAge) async throws -> Int {
        let (time, earlier) = (now(), sightings.withLock { $0 })
        var (removed, found) = (0, FileSightings())
        for owner in owners {
            for folder in owner.fileFolders {
                var last: String?
                repeat {
                    let page = try await blobs.list(folder, after: last, limit: Limits.sweepPage)
                    let orphans = try await unnamed(page, of: owner)
                    let old = found.note(orphans, earlier: earlier, age: age, now: time)
                    try await blobs.remove(old)
                    removed += old.count
                    last = page.count == Limits.sweepPage ? page.last : nil
                } while last != nil
                try await blobs.removeEmptyFolders(below: folder)
            }
        }
        sightings.withLock { $0 = found }
        if let remembered, found.paths != earlier.paths { try remembered.write(found.paths) }
        try await sweepStaged(now: time)
        if removed > 0 { logger.notice("Files without a row were removed", metadata: ["count": "\(removed)"]) }
        return removed
    }

    /// Removes files that a program has written for a job that is long over.
    private func sweepStaged(now: SuspendingClock.Instant) async throws {
        let earlier = stagedSightings.withLock { $0 }
        var found = FileSightings()
        let names = try await blobs.staged(limit: Limits.sweptFiles)
        try await blobs.removeStaged(found.note(names, earlier: earlier, age: Limits.stagingAge, now: now))
        stagedSightings.withLock { $0 = found }
    }

    /// Removes those of some files that no row names, however young they are, and those that an earlier server saw.
    /// For a start, which knows that no row is about to name one of them.
    /// - Returns: how many there were.
    @discardableResult
    package func removeUnnamed(_ paths: [String]) async throws -> Int {
        let paths = paths + (remembered?.read() ?? [])
        var removed = 0
        for owner in owners {
            let own = paths.filter { path in owner.fileFolders.contains { path.hasPrefix("\($0)/") } }
            for start in stride(from: 0, to: own.count, by: Limits.sweepPage) {
                let page = Array(own[start..<min(start + Limits.sweepPage, own.count)])
                removed += try await removeUnnamed(page, of: owner)
            }
        }
        try remembered?.write([])
        if removed > 0 { logger.notice("Files of deleted rows were removed", metadata: ["count": "\(removed)"]) }
        return removed
    }

    private func removeUnnamed(_ page: [String], of owner: any FileOwner) async throws -> Int {
        let orphans = try await unnamed(page, of: owner)
        try await blobs.remove(orphans)
        return orphans.count
    }

    private func unnamed(_ paths: [String], of owner: any FileOwner) async throws -> [String] {
        let named = try await store.read { db in try owner.named(paths, in: db) }
        return paths.filter { !named.contains($0) }
    }
}

import HearthCore
import HearthVectors
package import Logging
import ServiceLifecycle

/// Writes scan files in the background, removes unused collections from memory, and removes from the disk what was
/// removed from the rows.
package struct CollectionUpkeep: Service {
    private let collections: VectorCollections
    private let folder: ScanFolder
    private let logger: Logger
    private let dueErasures = Locked<[String: Int64]>([:])

    package init(collections: VectorCollections, folder: ScanFolder, logger: Logger) {
        self.collections = collections
        self.folder = folder
        self.logger = logger
    }

    /// Writes and removes scan files as collections change, until the server stops; then writes what is left.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var round = 0
            let sweep = Int(Limits.scanFileSweep / Limits.collectionUpkeep)
            while (try? await Task.sleep(for: Limits.collectionUpkeep)) != nil {
                await maintain(sweeps: round.isMultiple(of: sweep))
                round += 1
            }
        }
        await writeAll()
    }

    /// One round.
    /// - Parameters:
    ///   - sweeps: whether files of collections that are gone are looked for too.
    ///   - now: of the monotonic clock, in nanoseconds.
    package func maintain(sweeps: Bool, now: Int64 = MonotonicClock.nanoseconds()) async {
        let idle = now - Limits.collectionIdle.milliseconds * 1_000_000
        let resting = now - Limits.scanFileRest.milliseconds * 1_000_000
        for (collection, usedAt) in collections.residents.withLock({ $0.all }) {
            await attempt(collection.id) {
                try await writeWhatIsDue(collection, isResting: usedAt <= resting)
                if usedAt <= idle { collections.residents.withLock { _ = $0.remove(collection.id, unusedSince: idle) } }
            }
        }
        await attempt("") { try await erase(now: now) }
        if sweeps { await attempt("") { try await sweep() } }
    }

    /// Writes what only memory has, so that the next start opens files.
    package func writeAll() async {
        for (collection, _) in collections.residents.withLock({ $0.all }) {
            await attempt(collection.id) { try await writeWhatIsDue(collection, isResting: true) }
        }
    }

    private func writeWhatIsDue(_ collection: ResidentCollection, isResting: Bool) async throws {
        guard let standing = try await collection.standing(version: nil), standing.version >= 0 else { return }
        if standing.wantsWholeFile {
            _ = try await write(collection, isWhole: true)
        } else if standing.segments == 0 {
            // At once: without a file a collection takes several times the memory, so that fewer of them fit, and those
            // that are pushed out have to be read from their rows again.
            guard standing.tailBytes >= Limits.smallCollectionBytes else { return }
            _ = try await write(collection, isWhole: true)
        } else if standing.hasUnwritten, isResting || standing.tailBytes >= Limits.scanTailBytes {
            _ = try await write(collection, isWhole: false)
        }
    }

    private func write(_ collection: ResidentCollection, isWhole: Bool) async throws -> Int64? {
        // Brought up first: what was removed meanwhile is not written to the disk once more.
        let (table, id) = (collections.table, collection.id)
        guard let row = try await collections.store.read({ db in try table.collection(id: id, in: db) }),
            try await collection.standing(version: row.version) != nil
        else { return nil }
        let version = try await collection.writeFile(isWhole: isWhole, in: folder, on: VectorCollections.threads)
        collections.residents.withLock { $0.note(collection, bytes: collection.bytes) }
        return version
    }

    /// Rewrites files that hold removed records.
    private func erase(now: Int64) async throws {
        let (store, table) = (collections.store, collections.table)
        let pending = try await store.read { db in try table.collectionsToErase(in: db) }
        for collection in pending {
            let due = dueErasures.withLock { due -> Int64 in
                if let time = due[collection.id] { return time }
                let seconds = Int64(folder.bytes(of: collection.id) / Limits.erasureBytesPerSecond)
                let time = now + Limits.erasureDelay.milliseconds * 1_000_000 + seconds * 1_000_000_000
                due[collection.id] = time
                return time
            }
            guard due <= now else { continue }
            await attempt(collection.id) { try await erase(collection) }
            dueErasures.withLock { $0[collection.id] = nil }
        }
    }

    private func erase(_ collection: CollectionTable.Collection) async throws {
        var version: Int64? = collection.removedVersion
        if try await isLocked(collection) {
            // The file cannot be written again: without it, its collection is read from the rows once they can be.
            collections.residents.withLock { _ = $0.remove(collection.id) }
            folder.remove(collection.id)
        } else if try folder.has(collection.id) || collections.residents.withLock({ $0[collection.id] != nil }) {
            // Brought up first, so that whatever is written from now on knows of the removal.
            _ = try await collections.ask(.upkeep(version: collection.version) { _ in }, of: collection.id)
            if try folder.has(collection.id), let resident = collections.residents.withLock({ $0[collection.id] }) {
                version = try await write(resident, isWhole: true)
            }
        }
        guard let version else { return }
        let table = collections.table
        try await collections.store.write { db in try table.markErased(collection.id, version: version, in: db) }
    }

    /// Whether the key of a sealed collection is not to be had.
    private func isLocked(_ collection: CollectionTable.Collection) async throws -> Bool {
        let table = collections.table
        do {
            _ = try await collections.store.read { db in try table.cipher(of: collection, in: db) }
            return false
        } catch let error as HearthError where SealKeys.isLocked(error.code) {
            return true
        }
    }

    /// Removes files whose collections are gone, and lets those leave memory.
    private func sweep() async throws {
        let files = folder.collections()
        let residents = Set(collections.residents.withLock { $0.all.map(\.collection.id) })
        let table = collections.table
        let ids = Array(files.union(residents))
        let existing = try await collections.store.read { db in try table.existing(ids, in: db) }
        for id in ids where !existing.contains(id) {
            collections.residents.withLock { _ = $0.remove(id) }
            folder.remove(id)
        }
    }

    private func attempt(_ id: String, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            logger.warning(
                "A scan file could not be written; searches go on without it",
                metadata: ["collection": "\(id)", "error": "\(error)"])
        }
    }
}

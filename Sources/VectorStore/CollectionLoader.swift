import HearthCore
import HearthVectors
import Logging

/// Brings the index of a collection up to its rows: from the scan file and what came later, or from all rows.
struct CollectionLoader: Sendable {
    let id: String
    let store: any Store
    let table: CollectionTable
    /// Nil when there are no scan files.
    let folder: ScanFolder?
    let logger: Logger?

    /// The index cannot be brought up to date: it has to be rebuilt.
    private struct Stale: Error {}

    /// Makes the index at least as new as a version.
    /// - Throws: ``HearthError`` `not_found` when the collection is gone; what the store says; ``ScanFileError``.
    func bringUp(_ box: ResidentCollection.IndexBox, to version: Int64, on threads: BlockingThreads) async throws {
        if let index = box.index, index.version >= version { return }
        for _ in 0..<3 {
            do {
                return try await load(box, on: threads)
            } catch is Stale {
                discard(box, because: nil)
            } catch {
                // Rows that were loaded for the first time and removed before the next attempt would stay.
                if let index = box.index, index.version < 0 { discard(box, because: nil) }
                throw error
            }
        }
        throw HearthError(.overloaded, "The collection changes faster than it can be read.", retryAfter: 1)
    }

    /// Drops the index and its file.
    func discard(_ box: ResidentCollection.IndexBox, because error: ScanFileError?) {
        if let error {
            logger?.warning(
                "A scan file is rebuilt from the rows", metadata: ["collection": "\(id)", "error": "\(error)"])
        }
        box.index = nil
        folder?.remove(id)
    }

    private func load(_ box: ResidentCollection.IndexBox, on threads: BlockingThreads) async throws {
        let (id, table) = (id, table)
        let since = try await begin(box, on: threads)
        var place = CollectionTable.Place(after: box.index?.version ?? -1)
        while true {
            let from = place
            // A task of its own: others wait for these rows as well, and the one who leads may leave.
            let changes = try await Task { [store] in
                try await store.scan { db in
                    try table.changes(of: id, after: from, since: since, limit: Limits.collectionPage, in: db)
                }
            }.value
            guard let changes else { throw gone(box) }
            guard changes.collection.prunedVersion <= since, changes.collection.version >= since else { throw Stale() }
            try await apply(changes, box, on: threads)
            if changes.isLast {
                box.index?.version = changes.collection.version
                return
            }
            if let last = changes.entries.last { place = CollectionTable.Place(last) }
        }
    }

    /// Makes the index when there is none.
    /// - Returns: the version from which on removals are of interest.
    private func begin(_ box: ResidentCollection.IndexBox, on threads: BlockingThreads) async throws -> Int64 {
        if let index = box.index { return index.version }
        let (id, table) = (id, table)
        let found = try await store.read { db in
            try table.collection(id: id, in: db).map { ($0, try table.cipher(of: $0, in: db)) }
        }
        guard let (collection, cipher) = found else { throw gone(box) }
        if cipher != nil {
            // All of it is opened at once, which takes as long as a search.
            try await threads.run { box.index = openFile(collection, cipher) }
        } else {
            box.index = openFile(collection, nil)
        }
        if let index = box.index { return index.version }
        box.index = ResidentIndex(name: id, dims: collection.model.dims, metric: collection.metric, cipher: cipher)
        return collection.version
    }

    private func gone(_ box: ResidentCollection.IndexBox) -> HearthError {
        discard(box, because: nil)
        return HearthError(.notFound, "The collection was deleted.")
    }

    private func apply(
        _ changes: CollectionTable.Changes, _ box: ResidentCollection.IndexBox, on threads: BlockingThreads
    ) async throws {
        guard changes.entries.count >= Limits.collectionPage / 8 else { return try Self.apply(changes, box) }
        let (folder, id) = (folder, id)
        try await threads.run {
            try Self.apply(changes, box)
            guard let folder, let index = box.index, index.tailBytes >= Limits.scanTailBytes else { return }
            // While all rows are read, memory does not hold more of them than this. The segment claims the version of
            // the last whole state: who opens it reads everything later once more.
            let plan = try SegmentPlan(index, isWhole: false)
            let written = Result { try plan.write(to: folder.file(of: id), aside: folder.aside(of: id)) }
            plan.finish(written, in: index)
        }
    }

    private static func apply(_ changes: CollectionTable.Changes, _ box: ResidentCollection.IndexBox) throws {
        guard let index = box.index else { return }
        for entry in changes.entries {
            guard entry.vector.count == index.dims else {
                throw HearthError(.internalError, "A stored vector has another length than its collection says.")
            }
            try index.upsert(
                item: entry.item, owner: entry.owner, vector: index.metric.prepared(entry.vector),
                attributes: entry.attributes)
        }
        for item in changes.removed { try index.remove(item: item) }
    }

    /// The index of the file, when there is one that can be caught up with.
    private func openFile(_ collection: CollectionTable.Collection, _ cipher: SealedScan?) -> ResidentIndex? {
        guard let folder else { return nil }
        do {
            let index = try ResidentIndex.open(
                folder.file(of: id), name: id, dims: collection.model.dims, metric: collection.metric, cipher: cipher)
            guard let index else { return nil }
            if index.version >= max(collection.prunedVersion, 0), index.version <= collection.version { return index }
        } catch {
            logger?.warning(
                "A scan file is rebuilt from the rows", metadata: ["collection": "\(id)", "error": "\(error)"])
        }
        folder.remove(id)
        return nil
    }

    /// A failure of files in words that a person can act on.
    static func translate(_ error: any Error) -> any Error {
        guard let failure = error as? ScanFileError else { return error }
        return HearthError(.internalError, "A collection's file could not be read.", cause: failure)
    }
}

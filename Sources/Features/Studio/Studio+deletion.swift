import HearthCore
import HearthJobs
import HearthVectorStore

/// Deletes projects and characters in steps: those of the first request, those that a later start finds, and those that
/// were merged into others and cannot come back any more.
extension Studio: StepwiseDeletion {
    /// What a step has removed.
    private struct Step: Sendable {
        let files: [String]
        /// Whether nothing is left.
        let isLast: Bool
    }

    /// Removes some rows and files of one deletion that is not finished.
    /// - Returns: whether there may be more.
    package func step() async throws -> Bool {
        let table = table
        guard let deletion = try await store.read({ db in try table.deletion(in: db) }) else {
            return try await endMerge()
        }
        _ = try await step(of: deletion)
        return true
    }

    /// Hides something with all that belongs to it, and takes the first steps of its deletion: a small one is gone in
    /// the transaction that hides it.
    /// - Parameter hide: finds what is meant and hides it.
    func delete(
        _ hide: @escaping @Sendable (any SQLConnection) throws -> StudioTable.Deletion
    ) async throws {
        let (deletion, first) = try await store.remove { db in
            let deletion = try hide(db)
            return (deletion, try removeSome(of: deletion, in: db))
        }
        try await blobs.remove(first.files)
        var isLast = first.isLast
        for _ in 1..<Limits.stepsAtOnce where !isLast { isLast = try await step(of: deletion) }
    }

    private func step(of deletion: StudioTable.Deletion) async throws -> Bool {
        let step = try await store.remove { db in try removeSome(of: deletion, in: db) }
        // Files without a row: should this fail, the sweeper takes them.
        try await blobs.remove(step.files)
        return step.isLast
    }

    private func removeSome(of deletion: StudioTable.Deletion, in db: any SQLConnection) throws -> Step {
        let anchors = try table.anchors(of: deletion.owner, limit: Limits.stepAnchors, in: db)
        try remove(anchors, of: deletion.tenant, in: db)
        guard anchors.count < Limits.stepAnchors else { return Step(files: anchors.flatMap(\.files), isLast: false) }
        let outputs = try outputTable.outputs(of: deletion.owner, limit: Limits.stepAnchors, in: db)
        try remove(outputs, of: deletion.tenant, in: db)
        let isLast = try outputs.count < Limits.stepAnchors && table.deleteRest(of: deletion.owner, in: db)
        return Step(files: anchors.flatMap(\.files) + outputs.flatMap(\.files), isLast: isLast)
    }

    /// Removes anchors with their vectors, and cancels the work on them. The files are left to the caller.
    func remove(_ anchors: [Anchor], of tenant: Tenant, in db: any SQLConnection) throws {
        guard !anchors.isEmpty else { return }
        let ids = anchors.map(\.anchorID)
        try vectors.remove(items: ids, in: db)
        try table.deleteAnchors(ids, in: db)
        for anchor in anchors where !anchor.isRemembered {
            try queue.cancelUnfinished(anchor.jobID, of: tenant, in: db)
        }
    }
}

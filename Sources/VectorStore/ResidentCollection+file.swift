import HearthCore
import HearthVectors

extension ResidentCollection {
    /// What an upkeep may want to know of a collection.
    struct Standing: Sendable {
        var version: Int64 = -1
        var count = 0
        var deadRows = 0
        var tailBytes = 0
        var segments = 0
        var fileBytes = 0
        var hasUnwritten = false

        /// Whether the file is so full of what does not count, or of segments, that it should be written anew.
        var wantsWholeFile: Bool {
            segments >= Limits.scanSegments || (segments > 0 && deadRows > max(count / 4, 1_024))
        }
    }

    /// How it stands, as far as it is in memory.
    /// - Parameter version: brings it up first when given.
    /// - Returns: nil when it has left memory.
    func standing(version: Int64?) async throws -> Standing? {
        let found = Locked(Standing())
        let reply = try await ask(
            .upkeep(version: version) { box in
                guard let index = box.index else { return }
                found.withLock {
                    $0 = Standing(
                        version: index.version, count: index.count, deadRows: index.deadRows,
                        tailBytes: index.tailBytes, segments: index.segments, fileBytes: index.fileBytes,
                        hasUnwritten: index.hasUnwritten)
                }
            })
        if case .closed = reply { return nil }
        return found.withLock { $0 }
    }

    /// Writes what the file lacks, or all of it anew; searches go on meanwhile. One call at a time.
    /// - Returns: the version that the file has then; nil when there was nothing to write from.
    /// - Throws: ``ScanFileError``; the file is then as it was.
    func writeFile(isWhole: Bool, in folder: ScanFolder, on threads: BlockingThreads) async throws -> Int64? {
        let planned = Locked<(plan: SegmentPlan, version: Int64)?>(nil)
        let begun = try await ask(
            .upkeep(version: nil) { box in
                guard let index = box.index, index.version >= 0 else { return }
                let plan = try SegmentPlan(index, isWhole: isWhole)
                planned.withLock { $0 = (plan, index.version) }
            })
        guard case .done = begun, let (plan, version) = planned.withLock({ $0 }) else { return nil }
        let id = id
        let written: Result<SegmentPlan.Written, any Error>
        do {
            written = .success(
                try await threads.run { try plan.write(to: folder.file(of: id), aside: folder.aside(of: id)) })
        } catch {
            written = .failure(error)
        }
        let isDamaged = if case .failure(ScanFileError.damaged) = written { true } else { false }
        let loader = loader
        _ = try await ask(
            .upkeep(version: nil) { box in
                guard let index = box.index else { return }
                plan.finish(written, in: index)
                if isDamaged { loader.discard(box, because: .damaged("found while it was written anew")) }
            })
        _ = try written.get()
        return version
    }
}

import HearthCore

extension DatabaseTier {
    /// Removes what is too old, too much, or of a model that is gone, in small steps with pauses; counts what is left.
    ///
    /// It begins with a write in any case, so that a breaker which is open finds out when the database is well again.
    package func prune() async {
        let now = clock.now()
        await attempt(writes, "prune", at: now) {
            try await removeUnused(since: now - configuration.lifetime.milliseconds)
            try await removeStrangers()
            try await removeExcess()
        }
    }

    private func removeUnused(since time: Int64) async throws {
        let (table, limit) = (table, configuration.writeBatch)
        while try await remove({ db in try table.removeOldest(before: time, limit: limit, in: db) }).entries == limit {}
    }

    /// Removes entries whose digest no model has: it is part of the keys, so that nobody will ask for them again.
    private func removeStrangers() async throws {
        let models = await models().filter { $0.state != .skipped && !$0.kind.modalities.isEmpty }
        // As long as one model has not said what it is, no entry can be called a stranger's.
        guard !models.isEmpty, models.allSatisfy({ $0.digest != nil }) else { return }
        let digests = Set(models.compactMap(\.digest))
        let (table, limit) = (table, configuration.writeBatch)
        let known = try await store.read { db in try table.digests(in: db) }
        for digest in known where !digests.contains(digest) {
            while try await remove({ db in try table.remove(digest: digest, limit: limit, in: db) }).entries == limit {}
        }
    }

    private func removeExcess() async throws {
        let (table, limit) = (table, configuration.writeBatch)
        var left = try await store.read { db in try table.size(in: db) }
        while left.bytes > configuration.byteBudget {
            let removed = try await remove { db in try table.removeOldest(limit: limit, in: db) }
            guard removed.entries > 0 else { break }
            left = left - removed
        }
        size.withLock { [left] in $0 = left }
    }

    /// One step; the writer is left to others before it.
    private func remove(_ step: @escaping @Sendable (any SQLConnection) throws -> EmbeddingCacheTable.Size) async throws
        -> EmbeddingCacheTable.Size
    {
        try await Task.sleep(for: configuration.writePause)
        let removed = try await store.write(step)
        metrics.evictions.increment(by: removed.entries)
        return removed
    }
}

import HearthVectors

/// Exact search over the resident matrices of collections, each loaded at first use and never older than its rows.
package actor VectorCollections {
    private struct Resident {
        var index: ExactIndex
        var version: Int64
        var usedAt: UInt64
    }

    /// What a search found.
    package struct Found: Sendable {
        /// Best first.
        package let matches: [Match]
        /// Vectors that were compared.
        package let compared: Int
    }

    /// The closest item of a group.
    package struct Match: Sendable {
        package let item: String
        package let group: String
        /// Cosine with the query.
        package let score: Float
    }

    private let store: any Store
    private let table: CollectionTable
    private let byteBudget: Int
    private var residents: [String: Resident] = [:]
    private var uses: UInt64 = 0

    package init(
        store: any Store, table: CollectionTable = CollectionTable(), byteBudget: Int = Limits.collectionBytes
    ) {
        self.store = store
        self.table = table
        self.byteBudget = byteBudget
    }

    /// The `k` groups closest to a query among a tenant's vectors of the same model.
    ///
    /// The collection's version is read first: what was committed before the call is seen, what was deleted is not.
    /// - Parameters:
    ///   - query: shape `[dims]`, L2-normalised.
    ///   - scope: a project's id; nil searches them all.
    nonisolated package func search(
        _ query: [Float], model: ModelIdentity, tenant: Tenant, scope: String?, k: Int
    ) async throws -> Found {
        let table = table
        let collections = try await store.read { db in
            try table.collections(of: tenant, scope: scope, modelDigest: model.digest, in: db)
        }
        var matches: [ExactIndex.Match] = []
        var compared = 0
        for collection in collections {
            let index = try await current(collection)
            matches += index.search(query, k: k)
            compared += index.count
        }
        // A group belongs to one scope, so the lists only have to be merged.
        matches.sort(by: ExactIndex.Match.isCloser)
        return Found(
            matches: matches.prefix(k).map { Match(item: $0.item, group: $0.group, score: $0.score) },
            compared: compared)
    }

    /// Bytes and number of resident matrices.
    package var residency: (bytes: Int, count: Int) {
        (residents.values.reduce(0) { $0 + $1.index.bytes }, residents.count)
    }

    /// A snapshot at least as new as `collection`.
    private func current(_ collection: CollectionTable.Collection) async throws -> ExactIndex {
        uses += 1
        if var resident = residents[collection.id], resident.version >= collection.version {
            resident.usedAt = uses
            residents[collection.id] = resident
            return resident.index
        }
        // After a removal the rows that are gone cannot be told from those that are left: load anew.
        let known = residents[collection.id].flatMap { $0.version >= collection.removedVersion ? $0 : nil }
        let (table, version) = (table, known?.version ?? -1)
        let entries = try await store.read { db in try table.entries(of: collection.id, after: version, in: db) }
        var index = known?.index ?? ExactIndex(dims: collection.model.dims)
        residents[collection.id] = nil
        for entry in entries { index.upsert(item: entry.item, group: entry.group, vector: entry.vector) }
        residents[collection.id] = Resident(index: index, version: collection.version, usedAt: uses)
        evict()
        return index
    }

    /// Drops the least recently used matrices until the rest fit; the newest always stays.
    private func evict() {
        var bytes = residency.bytes
        for (id, resident) in residents.sorted(by: { $0.value.usedAt < $1.value.usedAt })
        where bytes > byteBudget && residents.count > 1 {
            bytes -= resident.index.bytes
            residents[id] = nil
        }
    }
}

package import HearthVectors

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
        /// Vectors that were compared: those that the filter let through.
        package let compared: Int
    }

    /// The closest item of a group.
    package struct Match: Sendable, Equatable {
        package let item: String
        package let group: String
        /// By the collection's metric, greater is closer: cosine, dot product, or minus the squared distance.
        package let score: Float

        package init(item: String, group: String, score: Float) {
            self.item = item
            self.group = group
            self.score = score
        }
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

    /// The `k` groups closest to a query among a tenant's vectors of the same model, in the collections of features.
    ///
    /// The collection's version is read first: what was committed before the call is seen, what was deleted is not.
    /// - Parameters:
    ///   - query: shape `[dims]`.
    ///   - scope: a project's id; nil searches them all.
    nonisolated package func search(
        _ query: [Float], model: ModelIdentity, tenant: Tenant, scope: String?, k: Int,
        filter: VectorFilter = .everything
    ) async throws -> Found {
        let table = table
        let collections = try await store.read { db in
            try table.collections(of: tenant, scope: scope, modelDigest: model.digest, in: db)
        }
        var matches: [ExactIndex.Match] = []
        var compared = 0
        for collection in collections {
            let index = try await current(collection)
            matches += index.search(collection.metric.prepared(query), k: k, filter: filter)
            compared += index.count(filter)
        }
        // A group belongs to one scope, so the lists only have to be merged.
        matches.sort(by: ExactIndex.Match.isCloser)
        return Found(
            matches: matches.prefix(k).map { Match(item: $0.item, group: $0.group, score: $0.score) },
            compared: compared)
    }

    /// For each query the `k` closest items of a named collection.
    ///
    /// The collection's version is read anew: what was committed before the call is seen, what was deleted is not.
    /// - Parameters:
    ///   - queries: each of shape `[dims]`; one pass over the vectors serves them all.
    ///   - exact: compares float32 only; else int8 finds candidates, which float32 puts in order.
    /// - Throws: ``HearthError`` `conflict` for a query of another length, `invalid_request` for one that cannot be
    ///   compared, `not_found` when the collection is gone.
    nonisolated package func search(
        _ queries: [[Float]], in collection: CollectionTable.Collection, k: Int, filter: VectorFilter = .everything,
        exact: Bool = false
    ) async throws -> [Found] {
        let collection = try await newest(collection)
        for (number, query) in queries.enumerated() {
            try VectorCheck.check(
                query, dims: collection.model.dims == 0 ? nil : collection.model.dims, metric: collection.metric,
                place: "queries[\(number)]")
        }
        guard collection.model.dims > 0 else { return queries.map { _ in Found(matches: [], compared: 0) } }
        let index = try await current(collection)
        let compared = index.count(filter)
        return queries.map { query in
            let matches = index.search(collection.metric.prepared(query), k: k, filter: filter)
            return Found(
                matches: matches.map { Match(item: $0.item, group: $0.group, score: $0.score) }, compared: compared)
        }
    }

    /// The vector of an item as it is compared (of unit length for cosine); nil when there is none.
    nonisolated package func vector(
        of item: String, in collection: CollectionTable.Collection
    ) async throws -> [Float]? {
        let collection = try await newest(collection)
        guard collection.model.dims > 0 else { return nil }
        return try await current(collection).vector(of: item)
    }

    /// Items that a filter lets through.
    nonisolated package func count(
        in collection: CollectionTable.Collection, filter: VectorFilter
    ) async throws -> Int {
        let collection = try await newest(collection)
        guard collection.model.dims > 0 else { return 0 }
        return try await current(collection).count(filter)
    }

    /// Bytes and number of resident matrices.
    package var residency: (bytes: Int, count: Int) {
        (residents.values.reduce(0) { $0 + $1.index.bytes }, residents.count)
    }

    /// The collection's row as it is now.
    nonisolated private func newest(
        _ collection: CollectionTable.Collection
    ) async throws -> CollectionTable.Collection {
        let table = table
        let row = try await store.read { db in
            try table.collection(id: collection.id, of: collection.tenant, in: db)
        }
        guard let row else { throw HearthError(.notFound, "The collection is gone.") }
        return row
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
        var index = known?.index ?? ExactIndex(dims: collection.model.dims, metric: collection.metric)
        residents[collection.id] = nil
        for entry in entries {
            index.upsert(
                item: entry.item, group: entry.group, vector: collection.metric.prepared(entry.vector),
                attributes: entry.attributes)
        }
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

package import HearthCore
package import HearthVectors
package import Logging

/// Exact search over collections, each in memory from its first use on and never older than its rows.
///
/// What is in memory is bounded (`Limits.collectionBytes`): the least recently used leave first, and what is not asked
/// for leaves after a while. Each collection has its own lead (``ResidentCollection``); what they share is this table.
package final class VectorCollections: Sendable {
    /// What a search found.
    package struct Found: Sendable {
        /// Best first.
        package let matches: [VectorMatch]
        /// Vectors that were compared: those that the filter let through.
        package let compared: Int
    }

    let store: any Store
    let table: CollectionTable
    let folder: ScanFolder?
    let logger: Logger?
    let residents: Locked<ResidentTable>
    /// Threads of all who search: they are few, because a pass uses the cores by itself.
    static let threads = BlockingThreads(name: "hearth-scan", threads: Limits.scanThreads)

    /// - Parameters:
    ///   - folder: where scan files lie; nil for none, as in a process that is not the only one of its data folder.
    package init(
        store: any Store, table: CollectionTable = CollectionTable(), folder: ScanFolder? = nil,
        byteBudget: Int = Limits.collectionBytes, logger: Logger? = nil
    ) {
        self.store = store
        self.table = table
        self.folder = folder
        self.logger = logger
        residents = Locked(ResidentTable(byteBudget: byteBudget))
    }

    /// The `k` owners closest to a query among a tenant's vectors of the same model, in the collections of features.
    ///
    /// The collection's version is read first: what was committed before the call is seen, what was deleted is not.
    /// - Parameters:
    ///   - query: shape `[dims]`.
    ///   - scope: a project's id; nil searches them all.
    ///   - deadline: when the caller stops waiting.
    /// - Throws: ``HearthError`` `conflict` for a query of another length, `invalid_request` for one that cannot be
    ///   compared, `deadline_exceeded`.
    package func search(
        _ query: [Float], model: ModelIdentity, tenant: Tenant, scope: String?, k: Int,
        filter: VectorFilter = .everything, deadline: ContinuousClock.Instant? = nil
    ) async throws -> Found {
        let table = table
        let collections = try await store.read { db in
            try table.collections(of: tenant, scope: scope, modelDigest: model.digest, in: db)
        }
        return try await search(query, in: collections, k: k, filter: filter, deadline: deadline)
    }

    /// The `k` owners closest to a query in collections of features.
    ///
    /// - Parameter collections: as they were read for this very request, all of the model that made the query.
    /// - Throws: as the search that reads them.
    package func search(
        _ query: [Float], in collections: [CollectionTable.Collection], k: Int, filter: VectorFilter = .everything,
        deadline: ContinuousClock.Instant? = nil
    ) async throws -> Found {
        var matches: [VectorMatch] = []
        var compared = 0
        for collection in collections {
            try VectorCheck.check(query, dims: collection.model.dims, metric: .dot, place: "query")
            do {
                let found = try await find(
                    [query], in: collection, k: k, filter: filter, exact: false, deadline: deadline)[0]
                matches += found.matches
                compared += found.compared
            } catch let error as HearthError where error.code == .notFound {
                // It was removed after the list was read.
                continue
            }
        }
        guard collections.count > 1 else { return Found(matches: matches, compared: compared) }
        // An owner belongs to one scope, so the lists only have to be merged.
        matches.sort(by: VectorMatch.isCloser)
        return Found(matches: Array(matches.prefix(k)), compared: compared)
    }

    /// For each query the `k` closest items of a named collection.
    ///
    /// What was committed before the collection's row was read is seen, what was deleted is not.
    /// - Parameters:
    ///   - queries: each of shape `[dims]`; one pass over the vectors serves them all.
    ///   - exact: compares float32 only; else int8 first rules out what cannot be among the closest. The answer is the
    ///     same.
    ///   - isCurrent: whether the row was read for this very request; otherwise it is read again.
    ///   - deadline: when the caller stops waiting.
    /// - Throws: ``HearthError`` `conflict` for a query of another length, `invalid_request` for one that cannot be
    ///   compared, `not_found` when the collection is gone, `overloaded` when too many wait for it,
    ///   `deadline_exceeded`; `CancellationError`.
    package func search(
        _ queries: [[Float]], in collection: CollectionTable.Collection, k: Int, filter: VectorFilter = .everything,
        exact: Bool = false, isCurrent: Bool = false, deadline: ContinuousClock.Instant? = nil
    ) async throws -> [Found] {
        let collection = isCurrent ? collection : try await newest(collection)
        for (number, query) in queries.enumerated() {
            try VectorCheck.check(
                query, dims: collection.model.dims == 0 ? nil : collection.model.dims, metric: collection.metric,
                place: "queries[\(number)]")
        }
        return try await find(queries, in: collection, k: k, filter: filter, exact: exact, deadline: deadline)
    }

    /// The vector of an item as it is compared (of unit length for cosine); nil when there is none.
    /// - Parameter isCurrent: as for a search.
    package func vector(
        of item: String, in collection: CollectionTable.Collection, isCurrent: Bool = false
    ) async throws -> [Float]? {
        let collection = isCurrent ? collection : try await newest(collection)
        guard collection.model.dims > 0,
            case .vector(let vector) = try await ask(
                .vector(item: item, version: collection.version), of: collection.id)
        else { return nil }
        return vector
    }

    /// Items that a filter lets through.
    package func count(in collection: CollectionTable.Collection, filter: VectorFilter) async throws -> Int {
        let collection = try await newest(collection)
        guard collection.model.dims > 0,
            case .count(let count) = try await ask(.count(filter, version: collection.version), of: collection.id)
        else { return 0 }
        return count
    }

    /// Bytes and number of collections in memory.
    package var residency: (bytes: Int, count: Int) {
        get async { residents.withLock { ($0.bytes, $0.count) } }
    }

    private func find(
        _ queries: [[Float]], in collection: CollectionTable.Collection, k: Int, filter: VectorFilter, exact: Bool,
        deadline: ContinuousClock.Instant?
    ) async throws -> [Found] {
        var found: [Found] = []
        let isCancelled = Locked(false)
        let isWanted: @Sendable () -> Bool = {
            !isCancelled.withLock { $0 } && deadline.map { ContinuousClock.now < $0 } ?? true
        }
        guard collection.model.dims > 0 else { return queries.map { _ in Found(matches: [], compared: 0) } }
        for start in stride(from: 0, to: queries.count, by: Limits.passQueries) {
            let part = queries[start..<min(start + Limits.passQueries, queries.count)]
            let request = IndexRequest(
                queries: part.map { ScanQuery($0, metric: collection.metric) }, k: k, filter: filter, isExact: exact,
                isWanted: isWanted)
            let call = ResidentCollection.Call(queriesLeft: queries.count - start, deadline: deadline)
            let reply = try await withTaskCancellationHandler {
                try await ask(.search(request, version: collection.version, of: call), of: collection.id)
            } onCancel: {
                isCancelled.withLock { $0 = true }
            }
            guard case .found(let answer) = reply else { continue }
            guard answer.isComplete else {
                try Task.checkCancellation()
                throw HearthError(
                    .deadlineExceeded, "The search did not end in time.",
                    hint: "Ask for fewer queries or matches at once, or narrow it by a filter.")
            }
            found += answer.matches.map { Found(matches: $0, compared: answer.compared) }
        }
        return found
    }

    /// Asks a collection, bringing it into memory first, and notes that it was used.
    func ask(_ request: ResidentCollection.Request, of id: String) async throws -> ResidentCollection.Reply {
        while true {
            let resident = residents.withLock { table in
                table.use(id) {
                    ResidentCollection(
                        id: id,
                        loader: CollectionLoader(
                            id: id, store: store, table: self.table, folder: folder, logger: logger),
                        threads: Self.threads)
                }
            }
            let reply = try await resident.ask(request)
            residents.withLock { $0.note(resident, bytes: resident.bytes) }
            if case .closed = reply { continue }
            return reply
        }
    }

    /// The collection's row as it is now.
    private func newest(_ collection: CollectionTable.Collection) async throws -> CollectionTable.Collection {
        let table = table
        let row = try await store.read { db in
            try table.collection(id: collection.id, of: collection.tenant, in: db)
        }
        guard let row else { throw HearthError(.notFound, "The collection was deleted.") }
        return row
    }
}

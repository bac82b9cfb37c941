package import HearthCore
package import HearthInference
package import HearthJSON
import HearthText
package import HearthVectorStore
package import HearthVectors

/// The collections that tenants make themselves: what every door does with them.
package struct NamedCollections: Sendable {
    /// Holds the rows of collections and records.
    package let store: any Store
    /// The statements on these rows.
    package let table: CollectionTable
    /// Searches them.
    package let vectors: VectorCollections
    /// Makes vectors of records that come without.
    package let embeddings: EmbeddingService
    /// Says when records were written.
    package let clock: any WallClock
    let quotas: TenantQuotas?
    /// Where exports are made; nil where none are.
    let exports: ExportSpace?
    /// Names this process in changes of attributes that are under way.
    let processID = Identifier.make()

    /// - Parameters:
    ///   - quotas: asked before records are stored; nil: no tenant is limited.
    ///   - exports: where exports are made; nil where none are.
    package init(
        store: any Store, table: CollectionTable = CollectionTable(), vectors: VectorCollections,
        embeddings: EmbeddingService, clock: any WallClock = SystemClock(), quotas: TenantQuotas? = nil,
        exports: ExportSpace? = nil
    ) {
        self.exports = exports
        self.quotas = quotas
        self.store = store
        self.table = table
        self.vectors = vectors
        self.embeddings = embeddings
        self.clock = clock
    }

    /// What a new collection is to be.
    package struct Plan: Sendable {
        /// Unique in its tenant.
        package var name: String
        /// How its vectors are compared.
        package var metric: VectorMetric
        /// Nil: the first vector decides.
        package var dims: Int?
        /// What embeds records that come without a vector; nil: each must bring one.
        package var model: ModelIdentity?
        /// What of a payload filters can ask for.
        package var attributes: AttributeRule
        /// What clients keep with it.
        package var metadata: JSONObject?
        /// Settings of another server's protocol, kept for its clients.
        package var foreign: JSONObject?

        /// A collection to be made: by cosine, of any length until its first record, unless they say so.
        package init(
            name: String, metric: VectorMetric = .cosine, dims: Int? = nil, model: ModelIdentity? = nil,
            attributes: AttributeRule = .declared([:]), metadata: JSONObject? = nil, foreign: JSONObject? = nil
        ) {
            self.name = name
            self.metric = metric
            self.dims = dims
            self.model = model
            self.attributes = attributes
            self.metadata = metadata
            self.foreign = foreign
        }
    }

    /// Makes a collection.
    /// - Parameter isExistingFine: whether one of this name is given back, as it is.
    /// - Throws: ``HearthError`` `conflict`, `invalid_request`, `overloaded` when there are too many.
    package func create(
        _ plan: Plan, isExistingFine: Bool, of tenant: Tenant
    ) async throws -> (collection: NamedCollection, isNew: Bool) {
        if let dims = plan.dims, !(1...Limits.vectorDims).contains(dims) {
            throw HearthError(
                .invalidRequest, "`dims` is \(dims).", hint: "1 to \(Limits.vectorDims) components.")
        }
        let (table, clock) = (table, clock)
        let settings = CollectionSettings(
            attributes: plan.attributes, metadata: plan.metadata, foreign: plan.foreign, createdAt: clock.now())
        let text = try settings.text()
        let taken = try await quotas?.take(TenantUsage(storedBytes: Int64(text.utf8.count)), for: tenant) { db in
            let isThere = try table.collection(named: plan.name, of: tenant, in: db) != nil
            return TenantUsage(storedBytes: isThere ? 0 : Int64(text.utf8.count))
        }
        defer { withExtendedLifetime(taken) {} }
        return try await store.write { db in
            if isExistingFine, let row = try table.collection(named: plan.name, of: tenant, in: db) {
                return (try NamedCollection(row), false)
            }
            guard try table.namedCount(of: tenant, in: db) < Limits.collections else {
                throw HearthError(
                    .conflict, "There are \(Limits.collections) collections.", hint: "Delete some, or share one.")
            }
            let row = try table.make(
                name: plan.name, of: tenant, metric: plan.metric, dims: plan.dims, model: plan.model, settings: text,
                in: db)
            return (try NamedCollection(row), true)
        }
    }

    /// The collection that a client means by an id or a name.
    /// - Throws: ``HearthError`` `not_found`.
    package func find(_ reference: String, of tenant: Tenant) async throws -> NamedCollection {
        let table = table
        return try await store.read { db in try Self.find(reference, of: tenant, table, in: db) }
    }

    /// The same inside a transaction.
    package static func find(
        _ reference: String, of tenant: Tenant, _ table: CollectionTable, in db: any SQLConnection
    ) throws -> NamedCollection {
        if Identifier.isValid(reference), let row = try table.collection(id: reference, of: tenant, in: db) {
            return try NamedCollection(row)
        }
        guard !reference.utf8.contains(0), let row = try table.collection(named: reference, of: tenant, in: db) else {
            throw HearthError(
                .notFound, "There is no collection \"\(reference.prefix(100))\".",
                hint: "`GET /api/collections` lists them, `POST /api/collections` makes one.")
        }
        return try NamedCollection(row)
    }

    /// A page of a tenant's collections by name, and how many records each has when asked to count.
    package func list(
        of tenant: Tenant, after name: String?, limit: Int
    ) async throws -> [NamedCollection] {
        let table = table
        return try await store.read { db in
            try table.named(of: tenant, after: name, limit: limit, in: db).map { try NamedCollection($0) }
        }
    }

    /// How many records a collection has.
    package func count(of collection: NamedCollection) async throws -> Int {
        let table = table
        return try await store.read { db in try table.count(of: collection.row, in: db) }
    }

    /// Takes the records that are about to be stored from the tenant's quota; those that replace others cost nothing.
    /// - Returns: what is to be kept until they are stored.
    /// - Throws: ``HearthError`` `quota_exceeded`.
    package func take(
        records ids: @autoclosure () -> [String], in collection: NamedCollection
    ) async throws -> TenantQuotas.Share? {
        guard let quotas, quotas.limits(collection.row.tenant) else { return nil }
        let (table, ids) = (table, ids())
        return try await quotas.take(TenantUsage(records: Int64(ids.count)), for: collection.row.tenant) { db in
            let present = try table.present(of: collection.row, items: ids, in: db)
            return TenantUsage(records: Int64(Set(ids.map(ByteKey.init)).count - present))
        }
    }
}

extension NamedCollections {
    /// What is looked for in a collection.
    package struct Question: Sendable {
        /// Each of the collection's length.
        package var queries: [[Float]]
        /// Matches of each query, at most.
        package var k: Int
        /// Which records are compared.
        package var filter: VectorFilter
        /// Whether float32 alone compares; else int8 finds the candidates.
        package var isExact: Bool
        /// When the caller stops waiting; nil: it does not.
        package var deadline: ContinuousClock.Instant?

        /// Queries of one length, shape `[count, dims]`, for the `k` closest records of each.
        package init(
            queries: [[Float]], k: Int, filter: VectorFilter = .everything, isExact: Bool = false,
            deadline: ContinuousClock.Instant? = nil
        ) {
            self.deadline = deadline
            self.queries = queries
            self.k = k
            self.filter = filter
            self.isExact = isExact
        }
    }

    /// What one query has found: the records with their scores, best first.
    package struct Answer: Sendable {
        /// The matches, closest first.
        package var hits: [(record: CollectionTable.Record, score: Float)]
        /// Records that the filter let through.
        package var compared: Int
    }

    /// How much of what was found is read from its rows.
    package enum Reading: Sendable {
        /// Nothing but the id.
        case ids
        /// Payloads and documents too.
        case payloads
        /// Vectors too.
        case vectors
    }

    /// Searches, and reads the rows of what was found; a record that was deleted in between is left out.
    /// - Parameters:
    ///   - collection: as it was read for this request.
    ///   - reserve: told how much memory the answer takes, before it is read as far as that is known.
    /// - Throws: ``HearthError`` `invalid_request` when the answer would be too long, `deadline_exceeded`; what the
    ///   search and `reserve` throw.
    package func search(
        _ question: Question, in collection: NamedCollection, reading: Reading,
        reserve: (Int) throws -> Void = { _ in }
    ) async throws -> [Answer] {
        guard question.queries.count * question.k <= Limits.answerRecords else {
            throw HearthError(
                .invalidRequest, "\(question.queries.count) queries for \(question.k) matches each are too many.",
                hint: "At most \(Limits.answerRecords) matches together.")
        }
        let found = try await vectors.search(
            question.queries, in: collection.row, k: question.k, filter: question.filter, exact: question.isExact,
            isCurrent: true, deadline: question.deadline)
        guard reading != .ids else {
            return found.map { found in
                Answer(
                    hits: found.matches.map { (CollectionTable.Record(item: $0.item, vector: []), $0.score) },
                    compared: found.compared)
            }
        }
        let items = Set(found.flatMap { $0.matches.map { ByteKey($0.item) } }).map(\.text)
        let table = table
        let vectors = reading == .vectors ? items.count * (collection.dims ?? 0) * MemoryLayout<Float>.size : 0
        try reserve(vectors * Limits.answerMemory)
        let records = try await store.read { db in
            try table.records(of: collection.row, items: items, readsVectors: reading == .vectors, in: db)
        }
        try reserve(max(0, records.reduce(0) { $0 + $1.bytes } - vectors) * Limits.answerMemory)
        let byItem = Dictionary(records.map { (ByteKey($0.item), $0) }, uniquingKeysWith: { first, _ in first })
        return found.map { found in
            Answer(
                hits: found.matches.compactMap { match in byItem[ByteKey(match.item)].map { ($0, match.score) } },
                compared: found.compared)
        }
    }
}

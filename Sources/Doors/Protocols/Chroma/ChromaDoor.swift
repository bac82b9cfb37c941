import HTTPTypes
package import HearthCollections
import HearthCore
package import HearthHTTP
import HearthJSON
import HearthVectorStore
import HearthVectors
import Hummingbird

/// Chroma's HTTP API, version 2, as far as its Python client calls it for plain collections
/// (github.com/chroma-core/chroma, `chromadb/api/fastapi.py` and `rust/types/src/api_types.rs`).
///
/// The tenant is the credential's, whatever it is called; databases are name spaces within it. The collections are the
/// same as those of `/api/collections`, there with the database's name in front.
package struct ChromaDoor: Door {
    static let root = "/api/v2"
    static let defaultTenant = "default_tenant"
    static let defaultDatabase = "default_database"
    static let databasesPath = "\(root)/tenants/{tenant}/databases"
    static let collectionsPath = "\(databasesPath)/{database}/collections"

    let collections: NamedCollections

    package init(collections: NamedCollections) {
        self.collections = collections
    }

    /// Also those of version 1, whose clients should learn in their own words that it is not here.
    package let prefixes = [root, "/api/v1"]
    package let errors = ErrorShape.chroma

    package var routes: [DoorRoute] { systemRoutes + databaseRoutes + collectionRoutes + recordRoutes }

    func route(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, access: Permission = .read,
        body: BodyRule? = nil, query: [String] = [], status: Int = 200, _ answer: @escaping DoorRoute.Answer
    ) -> DoorRoute {
        DoorRoute(
            method, path, access: .credential(access), body: body, errors: errors,
            describe: OpenAPIEntry(
                "chroma.\(method.rawValue.lowercased())\(path)", "\(summary) (Chroma).",
                parameters: query.map { OpenAPIEntry.queryCount($0, "For paging.") }, status: status, answer: [:]),
            answer: answer)
    }

    /// What clients page lists by.
    static let paging = ["limit", "offset"]
    /// A body with vectors in it.
    static let records = BodyRule.numbers(limit: Limits.recordsBodyBytes)

    private var systemRoutes: [DoorRoute] {
        [
            route(.get, Self.root, "Whether the server is running") { _ in heartbeat() },
            route(.get, "\(Self.root)/heartbeat", "Whether the server is running") { _ in heartbeat() },
            route(.get, "\(Self.root)/version", "Version of the protocol") { _ in JSONReply("1.0.0").response },
            route(.get, "\(Self.root)/healthcheck", "Whether it works") { _ in
                JSONReply(["is_executor_ready": true, "is_log_client_ready": true]).response
            },
            route(.get, "\(Self.root)/pre-flight-checks", "What clients must know before they send") { _ in
                JSONReply(
                    ["max_batch_size": .int(Int64(Limits.recordBatch)), "supports_base64_encoding": true]
                ).response
            },
            route(.get, "\(Self.root)/auth/identity", "Who is calling") { call in
                JSONReply(
                    [
                        "user_id": .string(call.tenant.rawValue), "tenant": .string(Self.defaultTenant),
                        "databases": [.string(Self.defaultDatabase)],
                    ]
                ).response
            },
            route(.post, "\(Self.root)/reset", "Refused") { _ in
                throw HearthError(.forbidden, "Reset is disabled by config")
            },
        ]
    }

    private func heartbeat() -> Response {
        JSONReply(["nanosecond heartbeat": .int(collections.clock.now() * 1_000_000)]).response
    }

    /// The database that a path names, of the caller's tenant.
    /// - Throws: ``HearthError`` `not_found`.
    func database(of call: DoorCall) async throws -> ChromaDatabase {
        try requireTenant(call)
        let name = try call.parameter("database")
        guard name != Self.defaultDatabase else { return ChromaDatabase(name: name, tenant: call.tenant) }
        let (table, tenant) = (collections.table, call.tenant)
        guard !name.utf8.contains(0),
            try await collections.store.read({ db in try table.database(name, of: tenant, in: db) }) != nil
        else {
            throw HearthError(.notFound, "Database [\(name.prefix(100))] not found. Are you sure it exists?")
        }
        return ChromaDatabase(name: name, tenant: tenant)
    }

    /// - Throws: ``HearthError`` `not_found` for a name that is not the caller's tenant's.
    func requireTenant(_ call: DoorCall) throws(HearthError) {
        let name = try call.parameter("tenant")
        guard name == Self.defaultTenant || name == call.tenant.rawValue else {
            throw HearthError(.notFound, "Tenant [\(name.prefix(100))] not found")
        }
    }
}

extension ChromaDoor {
    func get(_ call: DoorCall) async throws -> Response {
        let (collection, _) = try await target(of: call)
        let fields = try await call.fields()
        let include = try ChromaInclude(fields, otherwise: [.documents, .metadatas])
        let selection = try ChromaSelection(fields, of: collection).selection
        let table = collections.table
        let readsVectors = include.contains(.embeddings)
        let lookUp = { @Sendable (db: any SQLConnection) throws -> [CollectionTable.Record] in
            // One more than is taken is enough to refuse.
            let items = try table.items(of: collection.row, selection, most: Limits.answerRecords + 1, in: db)
            try Self.check(items.count, collection, readsVectors: readsVectors)
            return try table.records(of: collection.row, items: items, readsVectors: readsVectors, in: db)
        }
        // Records that are named are found at once; what they are, only by going through the rows.
        let isNamed = if case .items = selection.filter { selection.document == nil } else { false }
        let store = collections.store
        let records = try await isNamed ? store.read(lookUp) : store.scan(lookUp)
        let share = call.reservation()
        defer { withExtendedLifetime(share) {} }
        try share.grow(by: records.reduce(0) { $0 + $1.bytes } * Limits.answerMemory)
        return ChromaReply.get(records, include)
    }

    /// An answer must fit into memory.
    private static func check(_ count: Int, _ collection: NamedCollection, readsVectors: Bool) throws(HearthError) {
        let components = readsVectors ? count * (collection.dims ?? 0) : 0
        guard count <= Limits.answerRecords, components <= Limits.answerComponents else {
            throw HearthError(
                .invalidRequest, "The answer would have \(count) records or more.",
                hint: "At most \(Limits.answerRecords) records and \(Limits.answerComponents) components of vectors: "
                    + "page by `limit` and `offset`.")
        }
    }

    func query(_ call: DoorCall) async throws -> Response {
        let (collection, _) = try await target(of: call)
        let fields = try await call.fields()
        let include = try ChromaInclude(fields, otherwise: [.documents, .metadatas, .distances])
        let queries = try queries(fields, of: collection)
        let k = try fields.integer("n_results") ?? 10
        guard k >= 0 else { throw HearthError(.invalidRequest, "`n_results` must be a number from 0 on.") }
        let filter = try await filter(fields, of: collection)
        // Clients ask for all by a great number; there is no more than what is there.
        let count = try await collections.count(of: collection)
        guard !queries.isEmpty, k > 0, count > 0 else {
            return ChromaReply.query(queries.map { _ in [] }, distances: queries.map { _ in [] }, include)
        }
        let question = NamedCollections.Question(
            queries: queries, k: min(k, count), filter: filter, deadline: call.deadline)
        try Self.check(
            queries.count * question.k, collection, readsVectors: include.contains(.embeddings))
        let share = call.reservation()
        defer { withExtendedLifetime(share) {} }
        let answers = try await collections.search(
            question, in: collection, reading: include.reading, reserve: share.grow)
        let space = ChromaSpace(collection.metric)
        return ChromaReply.query(
            answers.map { $0.hits.map(\.record) },
            distances: answers.map { $0.hits.map { space.distance($0.score) } }, include)
    }

    private func queries(_ fields: RequestFields, of collection: NamedCollection) throws(HearthError) -> [[Float]] {
        guard let values = try fields.array("query_embeddings") else {
            throw HearthError(.invalidRequest, "Failed to deserialize the JSON body: missing field `query_embeddings`")
        }
        guard values.count <= Limits.queries else {
            throw HearthError(
                .invalidRequest, "There are \(values.count) queries.", hint: "At most \(Limits.queries).")
        }
        var queries: [[Float]] = []
        for (index, value) in values.enumerated() {
            let query = try VectorReader.vector(value, field: "query_embeddings[\(index)]")
            if let dims = collection.dims, query.count != dims {
                throw HearthError(
                    .invalidRequest, "Collection expecting embedding with dimension of \(dims), got \(query.count)")
            }
            queries.append(query)
        }
        return queries
    }

    /// What a query may find; documents are looked at first, because only the rows have them.
    private func filter(_ fields: RequestFields, of collection: NamedCollection) async throws -> VectorFilter {
        var selection = try ChromaSelection(fields, of: collection).selection
        selection.limit = nil
        selection.offset = 0
        guard selection.document != nil else { return selection.filter }
        let (table, wanted) = (collections.table, selection)
        let items = try await collections.store.scan { db in try table.items(of: collection.row, wanted, in: db) }
        return .items(items)
    }
}

extension ErrorShape {
    /// `{"error": name, "message": text}`: Chroma's clients make an exception of the name.
    static let chroma = ErrorShape(schema: object(["error", "message"])) { error, status in
        // To Chroma a value that makes no sense is as malformed as broken JSON.
        let status = error.code == .unprocessable ? .badRequest : status
        let text = error.hint.map { "\(error.message) \($0)" } ?? error.message
        return (["error": .string(name(of: error.code)), "message": .string(text)], status)
    }

    private static func name(of code: HearthError.Code) -> String {
        switch code {
        case .notFound: "NotFoundError"
        case .conflict: "UniqueConstraintError"
        case .unauthorized: "AuthorizationError"
        case .forbidden: "AuthError"
        case .overloaded: "RateLimitError"
        case .bodyTooLarge: "BatchSizeExceededError"
        case .methodNotAllowed, .notImplemented: "ChromaError"
        default: ErrorTable.status(for: code).code < 500 ? "InvalidArgumentError" : "InternalError"
        }
    }
}

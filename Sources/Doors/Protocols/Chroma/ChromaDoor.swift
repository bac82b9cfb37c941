import HTTPTypes
package import HearthCollections
import HearthCore
package import HearthHTTP
import HearthJSON
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

    package let prefixes = [root]
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
            route(.get, Self.root, "A sign of life") { _ in heartbeat() },
            route(.get, "\(Self.root)/heartbeat", "A sign of life") { _ in heartbeat() },
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

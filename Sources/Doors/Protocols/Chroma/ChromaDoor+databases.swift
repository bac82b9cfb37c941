import HearthCollections
import HearthCore
import HearthHTTP
import HearthJSON
import Hummingbird

extension ChromaDoor {
    var databaseRoutes: [DoorRoute] {
        let one = "\(Self.databasesPath)/{database}"
        return [
            route(.post, "\(Self.root)/tenants", "Refused: tenants come from credentials", body: .json()) { call in
                let name = try await call.fields().string("name") ?? ""
                guard name != Self.defaultTenant, name != call.tenant.rawValue else {
                    throw HearthError(.conflict, "Tenant [\(name)] already exists")
                }
                throw HearthError(
                    .forbidden, "A client cannot make tenants.", hint: "They come with the credential.")
            },
            route(.get, "\(Self.root)/tenants/{tenant}", "The caller's tenant") { call in
                try requireTenant(call)
                return JSONReply(["name": .string(try call.parameter("tenant")), "resource_name": nil]).response
            },
            route(
                .get, Self.databasesPath, "Name spaces of the caller's tenant", query: Self.paging, listDatabases),
            route(.post, Self.databasesPath, "Make a name space", access: .write, body: .json(), createDatabase),
            route(.get, one, "One name space") { call in
                let database = try await database(of: call)
                return JSONReply(try await describe(database, call)).response
            },
            route(.delete, one, "Delete a name space with its collections", access: .write, deleteDatabase),
        ]
    }

    private static let noIdentifier = "00000000-0000-0000-0000-000000000000"

    private func describe(_ database: ChromaDatabase, _ call: DoorCall) async throws -> JSONValue {
        let table = collections.table
        let row = try await collections.store.read { db in
            try table.database(database.name, of: database.tenant, in: db)
        }
        return Self.json(id: row?.id ?? Self.noIdentifier, name: database.name, tenant: try call.parameter("tenant"))
    }

    private static func json(id: String, name: String, tenant: String) -> JSONValue {
        ["id": .string(id), "name": .string(name), "tenant": .string(tenant)]
    }

    private func listDatabases(_ call: DoorCall) async throws -> Response {
        try requireTenant(call)
        let shown = try call.parameter("tenant")
        let (table, tenant) = (collections.table, call.tenant)
        let rows = try await collections.store.read { db in try table.databases(of: tenant, in: db) }
        let all =
            [Self.json(id: Self.noIdentifier, name: Self.defaultDatabase, tenant: shown)]
            + rows.map { Self.json(id: $0.id, name: $0.name, tenant: shown) }
        let query = try call.query()
        let rest = all.dropFirst(try query.count("offset", from: 0) ?? 0)
        return JSONReply(.array(Array(rest.prefix(try query.count("limit", from: 0) ?? rest.count)))).response
    }

    private func createDatabase(_ call: DoorCall) async throws -> Response {
        try requireTenant(call)
        guard let name = try await call.fields().string("name") else {
            throw HearthError(.invalidRequest, "`name` is missing.")
        }
        try ChromaDatabase.check(name)
        guard name != Self.defaultDatabase else {
            throw HearthError(.conflict, "Database [\(name)] already exists")
        }
        let (table, clock, tenant) = (collections.table, collections.clock, call.tenant)
        do {
            try await collections.store.write { db in
                try table.makeDatabase(name, of: tenant, in: db, now: clock.now())
            }
        } catch let error as HearthError where error.code == .conflict {
            // Chroma's clients look for these words.
            throw HearthError(.conflict, "Database [\(name)] already exists", cause: error)
        }
        return JSONReply([:]).response
    }

    private func deleteDatabase(_ call: DoorCall) async throws -> Response {
        let database = try await database(of: call)
        guard database.name != Self.defaultDatabase else {
            throw HearthError(.forbidden, "The default database stays.", hint: "Delete its collections.")
        }
        let table = collections.table
        try await collections.store.write { db in
            try table.deleteDatabase(database.name, of: database.tenant, in: db)
        }
        return JSONReply([:]).response
    }
}

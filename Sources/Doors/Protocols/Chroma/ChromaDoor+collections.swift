import HearthCollections
import HearthCore
import HearthHTTP
import HearthJSON
import HearthVectorStore
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
        try await collections.deleteDatabase(database.name, of: database.tenant)
        return JSONReply([:]).response
    }
}

/// A name space of Chroma: its collections have its name in front, but those of the default one have none.
struct ChromaDatabase: Sendable {
    let name: String
    let tenant: Tenant

    /// How a collection of this database is called everywhere else.
    func qualified(_ collection: String) -> String {
        name == ChromaDoor.defaultDatabase ? collection : "\(name)/\(collection)"
    }

    /// What a client of this database calls a collection; nil when it belongs to another.
    func local(_ collection: String) -> String? {
        let parts = collection.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 1 { return name == ChromaDoor.defaultDatabase ? collection : nil }
        return parts[0] == name ? String(parts[1]) : nil
    }

    /// Checks a collection's name as Chroma does, in its words.
    /// - Throws: ``HearthError`` `invalid_request`.
    static func check(_ name: String) throws(HearthError) {
        let bytes = Array(name.utf8)
        guard (3...512).contains(bytes.count), bytes.allSatisfy({ isAlphanumeric($0) || "._-".utf8.contains($0) }),
            let first = bytes.first, let last = bytes.last, isAlphanumeric(first), isAlphanumeric(last),
            // Paths take names and identifiers.
            !Identifier.isValid(name)
        else {
            throw HearthError(
                .invalidRequest,
                "Validation error: name: Expected a name containing 3-512 characters from [a-zA-Z0-9._-], "
                    + "starting and ending with a character in [a-zA-Z0-9]. Got: \(name.prefix(100))")
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

extension ChromaDoor {
    var collectionRoutes: [DoorRoute] {
        let all = Self.collectionsPath
        return [
            route(.get, all, "Collections", query: Self.paging, listCollections),
            route(.post, all, "Make a collection", access: .write, body: .json(), createCollection),
            route(.get, "\(Self.databasesPath)/{database}/collections_count", "How many collections there are") {
                call in
                JSONReply(.int(Int64(try await names(of: try await database(of: call)).count))).response
            },
            route(.get, "\(all)/{collection}", "One collection by its name") { call in
                let database = try await database(of: call)
                let collection = try await named(call.parameter("collection"), database)
                return JSONReply(try json(collection, database, call)).response
            },
            route(.get, "\(all)/by-id/{collection}", "One collection by its id") { call in
                let (collection, database) = try await target(of: call)
                return JSONReply(try json(collection, database, call)).response
            },
            route(.put, "\(all)/{collection}", "Change a collection", access: .write, body: .json(), modifyCollection),
            route(.delete, "\(all)/{collection}", "Delete a collection", access: .write) { call in
                let database = try await database(of: call)
                let collection = try await named(call.parameter("collection"), database)
                try await collections.delete(collection.id, of: database.tenant)
                return JSONReply([:]).response
            },
        ]
    }

    /// The collection whose id a path has, and its database.
    /// - Throws: ``HearthError`` `not_found`, `invalid_request` for what is no id.
    func target(of call: DoorCall) async throws -> (NamedCollection, ChromaDatabase) {
        let database = try await database(of: call)
        let id = try call.parameter("collection").lowercased()
        guard Identifier.isValid(id) else {
            throw HearthError(.invalidRequest, "Collection ID is not a valid UUIDv4")
        }
        let (table, tenant) = (collections.table, database.tenant)
        let row = try await collections.store.read { db in try table.collection(id: id, of: tenant, in: db) }
        guard let row, database.local(row.name ?? "") != nil else {
            throw HearthError(.notFound, "Collection [\(id)] does not exist.")
        }
        return (try NamedCollection(row), database)
    }

    private func named(_ name: String, _ database: ChromaDatabase) async throws -> NamedCollection {
        let (table, tenant, full) = (collections.table, database.tenant, database.qualified(name))
        // A slash would lead into another database.
        let isPlain = !name.utf8.contains(0) && !name.contains("/")
        let row =
            isPlain
            ? try await collections.store.read { db in try table.collection(named: full, of: tenant, in: db) } : nil
        guard let row else { throw HearthError(.notFound, "Collection [\(name.prefix(100))] does not exist") }
        return try NamedCollection(row)
    }

    private func names(of database: ChromaDatabase) async throws -> [String] {
        let table = collections.table
        let prefix = database.qualified("")
        return try await collections.store.read { db in
            try table.names(startingWith: prefix, of: database.tenant, in: db)
        }
    }

    private func listCollections(_ call: DoorCall) async throws -> Response {
        let database = try await database(of: call)
        let query = try call.query()
        let names = try await names(of: database).dropFirst(try query.count("offset", from: 0) ?? 0)
        var shown: [JSONValue] = []
        for name in names.prefix(try query.count("limit", from: 0) ?? names.count) {
            do {
                shown.append(try json(try await collections.find(name, of: database.tenant), database, call))
            } catch let error as HearthError where error.code == .notFound {
                // It was deleted after the names were read.
                continue
            }
        }
        return JSONReply(.array(shown)).response
    }

    private func createCollection(_ call: DoorCall) async throws -> Response {
        let database = try await database(of: call)
        let fields = try await call.fields()
        guard let name = try fields.string("name") else {
            throw HearthError(.invalidRequest, "Failed to deserialize the JSON body: missing field `name`")
        }
        try ChromaDatabase.check(name)
        let metadata = try fields.fields("metadata")?.object
        let space = try ChromaSpace(
            configuration: fields["configuration"], schema: fields["schema"], metadata: metadata)
        let plan = NamedCollections.Plan(
            name: database.qualified(name), metric: space.metric, attributes: .automatic, metadata: metadata,
            foreign: ChromaSpace.kept(fields["configuration"], schema: fields["schema"]))
        do {
            let (collection, _) = try await collections.create(
                plan, isExistingFine: try fields.bool("get_or_create") ?? false, of: database.tenant)
            return JSONReply(try json(collection, database, call)).response
        } catch let error as HearthError where error.code == .conflict {
            throw HearthError(.conflict, "Collection [\(name)] already exists", cause: error)
        }
    }

    private func modifyCollection(_ call: DoorCall) async throws -> Response {
        let (collection, database) = try await target(of: call)
        let fields = try await call.fields()
        let name = try fields.string("new_name")
        if let name { try ChromaDatabase.check(name) }
        let foreign = fields["new_configuration"].flatMap {
            ChromaSpace.kept($0, schema: nil, over: collection.settings.foreign)
        }
        _ = try await collections.change(
            collection.id,
            NamedCollections.Change(
                name: name.map(database.qualified), metadata: try fields.fields("new_metadata")?.object,
                foreign: foreign), of: database.tenant)
        return JSONReply([:]).response
    }

    private func json(
        _ collection: NamedCollection, _ database: ChromaDatabase, _ call: DoorCall
    ) throws -> JSONValue {
        let (space, foreign) = (ChromaSpace(collection.metric), collection.settings.foreign)
        return [
            "id": .string(collection.id), "name": .string(database.local(collection.name) ?? collection.name),
            "configuration_json": space.configuration(foreign), "schema": space.schema(foreign),
            "metadata": collection.settings.metadata.map(JSONValue.object) ?? .null,
            "dimension": collection.dims.map { .int(Int64($0)) } ?? .null,
            "tenant": .string(try call.parameter("tenant")), "database": .string(database.name),
            "log_position": 0, "version": 0,
        ]
    }
}

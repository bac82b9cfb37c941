import HearthCollections
import HearthCore
import HearthHTTP
import HearthJSON
import HearthVectorStore
import Hummingbird

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
            // One that was deleted in between is not there.
            guard let collection = try? await collections.find(name, of: database.tenant) else { continue }
            shown.append(try json(collection, database, call))
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
        [
            "id": .string(collection.id), "name": .string(database.local(collection.name) ?? collection.name),
            "configuration_json": ChromaSpace(collection.metric).configuration(collection.settings.foreign),
            "schema": collection.settings.foreign?["schema"] ?? .null,
            "metadata": collection.settings.metadata.map(JSONValue.object) ?? .null,
            "dimension": collection.dims.map { .int(Int64($0)) } ?? .null,
            "tenant": .string(try call.parameter("tenant")), "database": .string(database.name),
            "log_position": 0, "version": 0,
        ]
    }
}

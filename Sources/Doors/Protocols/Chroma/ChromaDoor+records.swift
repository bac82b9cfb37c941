import HearthCollections
import HearthCore
import HearthHTTP
import HearthJSON
import HearthVectorStore
import HearthVectors
import Hummingbird

extension ChromaDoor {
    /// What happens to records that are there already, and to those that are not.
    enum Writing: Sendable {
        /// Those that are there stay as they are.
        case add
        /// What is given replaces what is there.
        case upsert
        /// Those that are not there are passed over.
        case update
    }

    var recordRoutes: [DoorRoute] {
        let one = "\(Self.collectionsPath)/{collection}"
        let selection = BodyRule.json(limit: Limits.bodyBytes)
        return [
            route(
                .post, "\(one)/add", "Add records; those that are there stay", access: .write, body: Self.records,
                status: 201
            ) { call in
                try await write(.add, call)
                return JSONReply([:], status: .created).response
            },
            route(.post, "\(one)/upsert", "Add or change records", access: .write, body: Self.records) { call in
                try await write(.upsert, call)
                return JSONReply([:]).response
            },
            route(
                .post, "\(one)/update", "Change records; what is not given stays", access: .write, body: Self.records
            ) { call in
                try await write(.update, call)
                return JSONReply([:]).response
            },
            route(.post, "\(one)/delete", "Delete records", access: .write, body: selection, delete),
            route(.post, "\(one)/get", "Records by ids or filters", body: selection, get),
            route(.post, "\(one)/query", "The closest records", body: Self.records, query),
            route(.get, "\(one)/count", "How many records there are") { call in
                let (collection, _) = try await target(of: call)
                return JSONReply(.int(Int64(try await collections.count(of: collection)))).response
            },
            route(.get, "\(one)/indexing_status", "What is indexed: all of it, always") { call in
                let (collection, _) = try await target(of: call)
                let count = JSONValue.int(Int64(try await collections.count(of: collection)))
                return JSONReply(
                    [
                        "num_indexed_ops": count, "num_unindexed_ops": 0, "total_ops": count,
                        "op_indexing_progress": 1.0,
                    ]
                ).response
            },
            route(.post, "\(one)/search", "Not here", body: .json()) { _ in
                throw HearthError(.notImplemented, "Hybrid search is not here.", hint: "`query` searches by vectors.")
            },
            route(.post, "\(one)/fork", "Not here", access: .write, body: .json()) { _ in
                throw HearthError(.notImplemented, "Collection forking is unsupported")
            },
        ]
    }

    private func write(_ writing: Writing, _ call: DoorCall) async throws {
        let (collection, _) = try await target(of: call)
        let fields = try await call.fields()
        let columns = try ChromaColumns(fields, needsVectors: writing != .update)
        guard !columns.rows.isEmpty else { return }
        let taken =
            writing == .update ? nil : try await collections.take(records: columns.rows.map(\.id), in: collection)
        defer { withExtendedLifetime(taken) {} }
        let (table, clock, collections) = (collections.table, collections.clock, collections)
        let tenant = collection.row.tenant
        let steps = columns.rows.writeSteps { $0.storedBytes(dims: collection.dims) }
        if steps.count > 1 {
            // All of them are checked before the first is stored; each step checks again what is there by then.
            try await collections.store.scan { db in
                let current = try Self.current(collection.id, of: tenant, table, in: db)
                var merge = ChromaMerge(current, rules: collections.rules(of: current), writing)
                for step in steps {
                    _ = try merge.records(step, over: table.records(of: current.row, items: step.map(\.id), in: db))
                }
            }
        }
        for step in steps {
            // Read and written in one transaction: what is not given is what is there now.
            try await collections.store.write { db in
                let current = try Self.current(collection.id, of: tenant, table, in: db)
                var merge = ChromaMerge(current, rules: collections.rules(of: current), writing)
                let old = try table.records(of: current.row, items: step.map(\.id), in: db)
                let records = try merge.records(step, over: old)
                guard !records.isEmpty else { return }
                try table.upsert(records: records, into: current.row, in: db, now: clock.now())
            }
        }
    }

    private static func current(
        _ id: String, of tenant: Tenant, _ table: CollectionTable, in db: any SQLConnection
    ) throws -> NamedCollection {
        guard let row = try table.collection(id: id, of: tenant, in: db) else {
            throw HearthError(.notFound, "Collection [\(id)] does not exist.")
        }
        return try NamedCollection(row)
    }

    private func delete(_ call: DoorCall) async throws -> Response {
        let (collection, _) = try await target(of: call)
        let fields = try await call.fields()
        let selection = try ChromaSelection(fields, of: collection)
        // Nothing named is nothing meant, not everything.
        guard selection.isNarrowed else { return JSONReply(["deleted": 0]).response }
        let deleted = try await collections.delete(
            selection.selection, from: collection.id, of: collection.row.tenant)
        return JSONReply(["deleted": .int(Int64(deleted))]).response
    }
}

import Foundation
package import HearthCore
package import HearthJSON
package import HearthVectorStore
import HearthVectors

/// Changing and deleting collections: what concerns many records is done in steps, between which others write.
extension NamedCollections {
    /// What a change of a collection is to set; nil stays as it is.
    package struct Change: Sendable {
        /// Its new name; nil: as before.
        package var name: String?
        /// What takes the place of its metadata; nil: as before.
        package var metadata: JSONObject?
        /// What filters can ask for from now on; nil: as before.
        package var attributes: AttributeRule?
        /// Settings of another server's protocol; nil: as before.
        package var foreign: JSONObject?

        package init(
            name: String? = nil, metadata: JSONObject? = nil, attributes: AttributeRule? = nil,
            foreign: JSONObject? = nil
        ) {
            self.name = name
            self.metadata = metadata
            self.attributes = attributes
            self.foreign = foreign
        }
    }

    /// Changes a collection, all that is asked for or nothing.
    ///
    /// When its attributes change, those of its records are read again first, step by step. Until the last step filters
    /// go by the old attributes; records that are stored meanwhile get both. A change that does not come to its end
    /// leaves the collection as it was.
    /// - Throws: ``HearthError`` `not_found`, `conflict` when the name is taken or another change of the attributes
    ///   begins, `unprocessable_content` when a record's payload does not fit; `CancellationError` between two steps.
    package func change(
        _ reference: String, _ change: Change, of tenant: Tenant
    ) async throws -> NamedCollection {
        let collection = try await find(reference, of: tenant)
        let taken = try await take(change, of: collection)
        defer { withExtendedLifetime(taken) {} }
        guard let rule = change.attributes, rule != collection.settings.attributes else {
            return try await settle(collection.id, change, nil, of: tenant)
        }
        let attempt = AttributeChange(attributes: rule, process: processID, id: Identifier.make())
        try await begin(attempt, of: collection, change, of: tenant)
        do {
            try await derive(attempt, of: collection, tenant: tenant)
            return try await settle(collection.id, change, attempt, of: tenant)
        } catch {
            try await end(attempt, of: collection.id, tenant: tenant)
            throw error
        }
    }

    /// Takes what new metadata are longer than those before from the tenant's quota.
    private func take(_ change: Change, of collection: NamedCollection) async throws -> TenantQuotas.Share? {
        guard let quotas, change.metadata != nil || change.foreign != nil else { return nil }
        var settings = collection.settings
        if let metadata = change.metadata { settings.metadata = metadata }
        if let foreign = change.foreign { settings.foreign = foreign }
        let added = try settings.text().utf8.count - collection.settings.text().utf8.count
        return try await quotas.take(TenantUsage(storedBytes: Int64(max(added, 0))), for: collection.row.tenant)
    }

    /// By which rules the attributes of a new record are read: the collection's, and those that are on their way.
    ///
    /// A change that another process has left behind is over.
    package func rules(of collection: NamedCollection) -> [AttributeRule] {
        let next = collection.settings.change.flatMap { $0.process == processID ? $0.attributes : nil }
        return [collection.settings.attributes] + (next.map { [$0] } ?? [])
    }

    /// From here on new records have the attributes of both rules.
    private func begin(
        _ attempt: AttributeChange, of collection: NamedCollection, _ change: Change, of tenant: Tenant
    ) async throws {
        let table = table
        try await store.write { db in
            let current = try Self.find(collection.id, of: tenant, table, in: db)
            if let name = change.name { try table.requireFree(name, for: current.row, in: db) }
            var settings = current.settings
            settings.change = attempt
            try table.change(current.row, settings: try settings.text(), in: db)
        }
    }

    /// Reads the attributes of every record again.
    private func derive(_ attempt: AttributeChange, of collection: NamedCollection, tenant: Tenant) async throws {
        let (table, rules) = (table, [collection.settings.attributes, attempt.attributes])
        var last: String?
        while true {
            try Task.checkCancellation()
            let after = last
            let page = try await store.scan { db in try table.payloads(of: collection.row, after: after, in: db) }
            guard let end = page.last?.item else { return }
            let read = try page.map { record in
                let payload = try record.payloadObject()
                var attributes: [String: AttributeValue] = [:]
                for rule in rules { attributes.merge(try rule.attributes(of: payload)) { _, later in later } }
                try VectorCheck.check(attributes, place: "record \"\(record.item)\"")
                return (record: record, attributes: attributes)
            }
            try await store.write { db in
                try Self.require(attempt, of: collection.id, tenant, table, in: db)
                try table.set(read, in: collection.row, in: db)
            }
            last = end
        }
    }

    /// Makes what was asked for what holds.
    /// - Parameter attempt: the change of attributes that every record has; nil when they stay.
    private func settle(
        _ id: String, _ change: Change, _ attempt: AttributeChange?, of tenant: Tenant
    ) async throws -> NamedCollection {
        let table = table
        return try await store.write { db in
            if let attempt { try Self.require(attempt, of: id, tenant, table, in: db) }
            let collection = try Self.find(id, of: tenant, table, in: db)
            var settings = collection.settings
            if let metadata = change.metadata { settings.metadata = metadata }
            if let foreign = change.foreign { settings.foreign = foreign }
            if let attempt { (settings.attributes, settings.change) = (attempt.attributes, nil) }
            try table.change(collection.row, name: change.name, settings: try settings.text(), in: db)
            return try Self.find(id, of: tenant, table, in: db)
        }
    }

    /// Gives up a change of attributes. What records have of it already no filter can ask for.
    private func end(_ attempt: AttributeChange, of id: String, tenant: Tenant) async throws {
        let table = table
        try await store.write { db in
            guard let row = try table.collection(id: id, of: tenant, in: db) else { return }
            let collection = try NamedCollection(row)
            guard collection.settings.change == attempt else { return }
            var settings = collection.settings
            settings.change = nil
            try table.change(row, settings: try settings.text(), in: db)
        }
    }

    private static func require(
        _ attempt: AttributeChange, of id: String, _ tenant: Tenant, _ table: CollectionTable, in db: any SQLConnection
    ) throws {
        guard try find(id, of: tenant, table, in: db).settings.change == attempt else {
            throw HearthError(
                .conflict, "The collection's attributes are changed by another request.", hint: "Send it again.")
        }
    }

    /// Deletes a collection with all its records: it is gone for everyone at once, and its rows soon after.
    /// - Throws: ``HearthError`` `not_found`.
    @discardableResult
    package func delete(_ reference: String, of tenant: Tenant) async throws -> (id: String, records: Int) {
        let (table, clock) = (table, clock)
        // Counted by reading: a count looks at every row.
        let records = try await count(of: try await find(reference, of: tenant))
        let id = try await store.remove { db in
            let collection = try Self.find(reference, of: tenant, table, in: db)
            try table.delete(collection.row, in: db, now: clock.now())
            return collection.id
        }
        await DeletedCollections(store: store, table: table).begin([id])
        return (id, records)
    }

    /// Deletes a name space with its collections. One that is cut short has deleted some of them.
    package func deleteDatabase(_ name: String, of tenant: Tenant) async throws {
        let (table, clock) = (table, clock)
        while try await !store.remove({ db in try table.deleteDatabase(name, of: tenant, in: db, now: clock.now()) }) {
            try Task.checkCancellation()
        }
    }
}

/// A change of a collection's attributes that is under way.
package struct AttributeChange: Sendable, Equatable {
    /// What filters can ask for when it has come to its end.
    package var attributes: AttributeRule
    /// The process that makes it: when that has ended, so has the change.
    var process: String
    /// One request.
    var id: String
}

extension CollectionTable.Payload {
    /// The payload as a value; nil when there is none.
    func payloadObject() throws(HearthError) -> JSONObject? {
        guard let payload else { return nil }
        return try JSONParser.read(Data(payload.utf8)).objectValue
    }
}

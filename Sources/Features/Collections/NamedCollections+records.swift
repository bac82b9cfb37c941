import Foundation
package import HearthCore
package import HearthInference
package import HearthJSON
import HearthText
package import HearthVectorStore
package import HearthVectors

extension CollectionTable.Record {
    /// The payload as a value; nil when there is none.
    package func payloadObject() throws(HearthError) -> JSONObject? {
        guard let payload else { return nil }
        return try JSONParser.read(Data(payload.utf8)).objectValue
    }
}

extension NamedCollections {
    /// What became of a request to store records.
    package struct Stored: Sendable {
        /// Records that were stored.
        package var count: Int
        /// Those that were not, and why.
        package var problems: [ItemProblem]
        /// Time that the model took.
        package var embedding: Duration
    }

    /// Adds or replaces records; those with texts or pictures are embedded by the collection's model first.
    ///
    /// Many records are written step by step, so that others can write meanwhile. A call that is cut short, by a crash
    /// or a full disk, has stored the first of them; the same call again stores them all.
    /// - Parameters:
    ///   - values: see ``RecordDraft``; their numbers are for problems.
    ///   - isPartial: whether the good ones are stored although there are bad ones.
    /// - Throws: ``HearthError`` that lists every bad record, in which case nothing is stored; `not_found`.
    package func upsert(
        _ values: [NumberedRecord], into reference: String, isPartial: Bool, of tenant: Tenant,
        deadline: ContinuousClock.Instant
    ) async throws -> Stored {
        let collection = try await find(reference, of: tenant)
        var batch = RecordBatch(collection, values, rules: rules(of: collection))
        let taken = try await take(records: batch.ids, in: collection)
        defer { withExtendedLifetime(taken) {} }
        let start = ContinuousClock.now
        try await embed(&batch, of: tenant, deadline: deadline)
        let embedding = ContinuousClock.now - start
        let (records, problems) = batch.records()
        if !problems.isEmpty, !isPartial { throw ItemProblem.refusal(of: problems, among: values.count) }
        try await write(records, into: collection, of: tenant)
        return Stored(count: records.count, problems: problems, embedding: embedding)
    }

    /// Writes records that have been checked.
    private func write(
        _ records: [CollectionTable.Record], into collection: NamedCollection, of tenant: Tenant
    ) async throws {
        let (table, clock) = (table, clock)
        for step in records.writeSteps(bytes: \.storedBytes) {
            try await store.write { db in
                let current = try Self.find(collection.id, of: tenant, table, in: db)
                guard current.settings.attributes == collection.settings.attributes,
                    current.settings.change == collection.settings.change
                else {
                    throw HearthError(
                        .conflict, "The collection's attributes were changed at the same time.", hint: "Send it again.")
                }
                try table.upsert(
                    records: Array(step), into: current.row, precision: collection.row.model.precision, in: db,
                    now: clock.now())
            }
        }
    }

    /// Makes the vectors that a batch lacks, in chunks, so that they do not fill a model's queue.
    private func embed(
        _ batch: inout RecordBatch, of tenant: Tenant, deadline: ContinuousClock.Instant
    ) async throws {
        let inputs = batch.inputs
        guard !inputs.isEmpty else { return }
        guard let model = batch.collection.model else {
            let error = HearthError(
                .unprocessable, "This collection has no model that could embed texts and pictures.",
                hint: "Send vectors, or make a collection with `model`.")
            for input in inputs { batch.refuse(input.place, error) }
            return
        }
        for start in stride(from: 0, to: inputs.count, by: Limits.embeddingChunk) {
            let chunk = inputs[start..<min(start + Limits.embeddingChunk, inputs.count)]
            let results = try await self.vectors(of: chunk.map(\.input), by: model, of: tenant, deadline: deadline)
            for (input, result) in zip(chunk, results) {
                switch result {
                case .success(let vector): batch.set(vector, at: input.place)
                case .failure(let error): batch.refuse(input.place, error)
                }
            }
        }
    }

    /// The vectors of inputs by a collection's model.
    /// - Throws: ``HearthError`` `conflict` when the model is another revision than the one that made the others.
    package func vectors(
        of inputs: [EmbeddingInput], by model: ModelIdentity, of tenant: Tenant, deadline: ContinuousClock.Instant
    ) async throws -> [Result<[Float], HearthError>] {
        var options = EmbeddingService.Options(tenant: tenant, deadline: deadline)
        options.model = model.id
        return try await embeddings.embed(inputs, options).map { result in
            result.flatMap { result in
                guard result.model.digest == model.digest else {
                    return .failure(
                        HearthError(
                            .conflict,
                            "The model \(model.id) is another revision than the one that made this collection.",
                            hint: "Embed everything again into a new collection."))
                }
                return .success(result.vector)
            }
        }
    }

    /// Records by their ids, in the order of the ids; those that are not there are left out.
    package func records(_ ids: [String], of collection: NamedCollection) async throws -> [CollectionTable.Record] {
        let table = table
        let found = try await store.read { db in try table.records(of: collection.row, items: ids, in: db) }
        let places = Dictionary(
            ids.enumerated().map { (ByteKey($1), $0) }, uniquingKeysWith: { first, _ in first })
        return found.sorted { places[ByteKey($0.item)] ?? 0 < places[ByteKey($1.item)] ?? 0 }
    }

    /// Records ordered by id, after an id.
    package func page(
        of collection: NamedCollection, after item: String?, limit: Int
    ) async throws -> [CollectionTable.Record] {
        let table = table
        return try await store.scan { db in
            var records: [CollectionTable.Record] = []
            var bytes = 0
            while records.count < limit {
                let count = min(Limits.recordsOfStatement, limit - records.count)
                let part = try table.page(
                    of: collection.row, after: records.last?.item ?? item, limit: count, in: db)
                records += part
                bytes += part.reduce(0) { $0 + $1.bytes }
                guard bytes <= Limits.answerBytes else { throw CollectionTable.answerTooLong }
                if part.count < count { break }
            }
            return records
        }
    }

    /// Deletes records, by their ids or by what they have in common.
    ///
    /// They go in steps, each a transaction of its own, so that others write meanwhile: a call that is cut short has
    /// deleted some of them, and the same call again deletes the rest.
    /// - Returns: how many were there.
    /// - Throws: ``HearthError`` `not_found`; `CancellationError` between two steps.
    package func delete(
        _ selection: CollectionTable.Selection, from reference: String, of tenant: Tenant
    ) async throws -> Int {
        let table = table
        let collection = try await find(reference, of: tenant)
        if let ids = try await ids(of: selection, in: collection) {
            return try await delete(ids, selection, from: collection)
        }
        var (deleted, last): (Int, String?) = (0, nil)
        while true {
            let after = last
            let page = try await store.scan { db in
                try table.items(of: collection.row, selection, after: after, in: db)
            }
            guard page.last != nil else { return deleted }
            deleted += try await delete(page.items, selection, from: collection)
            last = page.last
        }
    }

    /// The ids of a selection that names them, or that is cut to a number; nil when its rows are gone through by id.
    private func ids(
        of selection: CollectionTable.Selection, in collection: NamedCollection
    ) async throws -> [String]? {
        if case .items(let ids) = selection.filter, selection.document == nil, selection.limit == nil {
            return ids.map(\.text)
        }
        guard selection.limit != nil || selection.offset > 0 else { return nil }
        let table = table
        return try await store.scan { db in try table.items(of: collection.row, selection, in: db) }
    }

    /// Deletes those of some records that are still meant when their turn comes.
    private func delete(
        _ ids: [String], _ selection: CollectionTable.Selection, from collection: NamedCollection
    ) async throws -> Int {
        let table = table
        var deleted = 0
        for start in stride(from: 0, to: ids.count, by: Limits.stepItems) {
            try Task.checkCancellation()
            let step = Array(ids[start..<min(start + Limits.stepItems, ids.count)])
            deleted += try await store.remove { db in
                // A record that was replaced since it was chosen may be meant no longer.
                let meant = try table.items(
                    of: collection.row,
                    .init(filter: .all([.items(step), selection.filter]), document: selection.document), in: db)
                return try table.delete(items: meant, from: collection.row, in: db)
            }
        }
        return deleted
    }

    /// Records that pass a filter.
    package func count(_ filter: VectorFilter, in collection: NamedCollection) async throws -> Int {
        guard filter != .everything else { return try await count(of: collection) }
        return try await vectors.count(in: collection.row, filter: filter)
    }
}

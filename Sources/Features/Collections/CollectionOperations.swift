package import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import HearthVectorStore
import HearthVectors

/// The operations on collections that tenants make themselves.
package struct CollectionOperations: Feature {
    private let collections: NamedCollections

    package init(_ collections: NamedCollections) { self.collections = collections }

    /// All operations on collections and their records.
    package func operations() -> [Operation] { ownOperations() + recordOperations() }

    private func ownOperations() -> [Operation] {
        [
            Operation(
                .init(
                    "collections.create", "Create a collection of vectors.",
                    description: """
                        A collection holds records of one length and one metric; with a model it embeds \
                        texts and pictures by itself. A name that is taken is refused with `conflict`, \
                        unless `get_or_create` is set and the settings agree.
                        """,
                    permission: .write, hints: .addsOnce,
                    routes: [Route(.post, "/api/collections")], successStatus: 201),
                input: CreateCollection.self, output: CollectionDescription.self, run: create),
            Operation(
                .init(
                    "collections.list", "List the collections by name.",
                    description: "Answers a page; pass its `next_cursor` as `cursor` to get the next one.",
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/collections")]),
                input: ListCollections.self, output: Page<CollectionDescription>.self, run: list),
            Operation(
                .init(
                    "collections.get", "Show one collection.",
                    description: "Answers the collection's settings and how many records it has.",
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/collections/{collection}")]),
                input: CollectionReference.self, output: CollectionDescription.self
            ) { input, context in
                let collection = try await collections.find(input.collection, of: context.tenant)
                return CollectionDescription(collection, count: try await collections.count(of: collection))
            },
            Operation(
                .init(
                    "collections.update", "Change the name, metadata or attributes of a collection.",
                    description: """
                        Changes the fields that are given and leaves the others as they are. New \
                        attributes are read from the records that are there.
                        """,
                    permission: .write, hints: .replaces, routes: [Route(.patch, "/api/collections/{collection}")]),
                input: UpdateCollection.self, output: CollectionDescription.self, run: update),
            Operation(
                .init(
                    "collections.delete", "Delete a collection with all its records.",
                    description: "Deletes the collection with all its records. This cannot be undone.",
                    permission: .write, hints: .removes,
                    routes: [Route(.delete, "/api/collections/{collection}")]),
                input: CollectionReference.self, output: CollectionDeletion.self
            ) { input, context in
                let (id, records) = try await collections.delete(input.collection, of: context.tenant)
                return CollectionDeletion(deleted: id, recordCount: records)
            },
        ]
    }

    private func create(_ input: CreateCollection, _ context: OperationContext) async throws -> CollectionDescription {
        try CollectionName.check(input.name)
        let plan = NamedCollections.Plan(
            name: input.name, metric: try input.metricChosen(), dims: input.dims,
            model: try await model(input.model, dims: input.dims, deadline: context.deadline),
            attributes: try AttributeRule(input.attributes), metadata: try CollectionName.metadata(input.metadata))
        let (collection, isNew) = try await collections.create(
            plan, isExistingFine: input.getOrCreate ?? false, of: context.tenant)
        if !isNew { try Self.check(collection, isLike: plan, metricNamed: input.metric != nil) }
        return CollectionDescription(collection, count: try await collections.count(of: collection))
    }

    /// The model that a name means; waits until it is known how long its vectors are.
    private func model(
        _ name: String?, dims: Int?, deadline: ContinuousClock.Instant
    ) async throws -> ModelIdentity? {
        guard let name else { return nil }
        let service = collections.embeddings
        var status = try await service.model(name, for: nil, until: deadline)
        if status.dims == nil || status.digest == nil {
            try await service.load(status.id, keepAlive: nil, deadline: deadline)
            status = try await service.model(name, for: nil, until: deadline)
        }
        guard let length = status.dims, let digest = status.digest else {
            throw HearthError(.modelNotReady, "The model \(status.id) is not ready.", retryAfter: 1)
        }
        guard dims == nil || dims == length else {
            throw HearthError(
                .conflict, "The model \(status.id) makes vectors of \(length) components, not \(dims ?? 0).",
                hint: "Leave `dims` out.")
        }
        return ModelIdentity(id: status.id, digest: digest, dims: length, precision: status.precision ?? "")
    }

    /// What is there already must be what was asked for, or vectors of another kind would come into it.
    private static func check(
        _ collection: NamedCollection, isLike plan: NamedCollections.Plan, metricNamed: Bool
    ) throws {
        let wantedDims = plan.dims ?? plan.model?.dims
        guard !metricNamed || plan.metric == collection.metric,
            wantedDims == nil || collection.dims == nil || wantedDims == collection.dims,
            plan.model == nil || plan.model?.digest == collection.model?.digest
        else {
            throw HearthError(
                .conflict, "The collection \"\(collection.name)\" has another metric, length or model.",
                hint: "`GET /api/collections/\(collection.name)` shows it; delete it or take another name.")
        }
    }

    private func list(
        _ input: ListCollections, _ context: OperationContext
    ) async throws -> Page<CollectionDescription> {
        let limit = input.limit ?? Limits.defaultPageSize
        let found = try await collections.list(of: context.tenant, after: input.cursor, limit: limit + 1)
        return Page(
            rows: found.map { CollectionDescription($0, count: nil) }, limit: limit, cursor: \.name)
    }

    private func update(_ input: UpdateCollection, _ context: OperationContext) async throws -> CollectionDescription {
        if let name = input.name { try CollectionName.check(name) }
        let change = NamedCollections.Change(
            name: input.name, metadata: try CollectionName.metadata(input.metadata),
            attributes: try input.attributes.map { try AttributeRule($0) })
        let collection = try await collections.change(input.collection, change, of: context.tenant)
        return CollectionDescription(collection, count: try await collections.count(of: collection))
    }
}

extension CollectionOperations {
    private func recordOperations() -> [Operation] { recordChanges() + recordReads() }

    private func recordChanges() -> [Operation] {
        [
            Operation(
                .init(
                    "collections.records.upsert", "Add or replace records; an invalid one keeps out all of them.",
                    description: """
                        A record whose id exists is replaced. All records are checked before the first is \
                        stored; with `partial` the good ones are stored and the others are listed. An \
                        answer says that all of them are on disk. More than \(Limits.stepItems) records \
                        are stored in several steps: when a call ends without an answer or with an error \
                        of the server, the first of them may be stored, and the same call again stores all.
                        """,
                    permission: .write, hints: .replaces,
                    routes: [Route(.post, "/api/collections/{collection}/records")],
                    bodyBytes: Limits.recordsBodyBytes),
                input: UpsertRecords.self, output: UpsertedRecords.self, run: upsert),
            Operation(
                .init(
                    "collections.records.delete", "Delete records by their ids, or all that pass a filter.",
                    description: "Takes either ids or a filter. Answers how many records were deleted.",
                    permission: .write, hints: .removes,
                    routes: [Route(.post, "/api/collections/{collection}/records/delete")]),
                input: DeleteRecords.self, output: DeletedRecords.self, run: delete),
        ]
    }

    private func recordReads() -> [Operation] {
        [
            Operation(
                .init(
                    "collections.records.list", "List the records of a collection by id.",
                    description: """
                        Answers a page in the order of the ids; pass its `next_cursor` as `cursor` to \
                        get the next one.
                        """,
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/collections/{collection}/records")]),
                input: ListRecords.self, output: Page<RecordView>.self, run: list),
            Operation(
                .init(
                    "collections.records.get", "Show records by their ids; those that are missing are left out.",
                    description: "Answers the records that exist, in the order of the ids that were asked for.",
                    permission: .read, hints: .reads,
                    routes: [Route(.post, "/api/collections/{collection}/records/get")]),
                input: GetRecords.self, output: RecordList.self
            ) { input, context in
                let collection = try await collections.find(input.collection, of: context.tenant)
                let records = try await collections.records(input.ids, of: collection)
                try context.reserve(Self.memory(of: records, showsVectors: input.includeVectors ?? false))
                return RecordList(
                    records: try records.map { try RecordView($0, vector: input.includeVectors ?? false) })
            },
            Operation(
                .init(
                    "collections.query", "Find the records closest to vectors, a record, a text or a picture.",
                    description: """
                        Answers the `k` best records of each query, filtered first and compared exactly. \
                        Exactly one of a vector, several vectors, a record's id, a text and a picture is \
                        the query.
                        """,
                    permission: .read, hints: .reads, routes: [Route(.post, "/api/collections/{collection}/query")],
                    attachment: .image(isRequired: false), bodyBytes: Limits.recordsBodyBytes),
                input: QueryCollection.self, output: QueryAnswer.self, run: query),
            Operation(
                .init(
                    "collections.count", "Count the records, or those that pass a filter.",
                    description: "Counts all records without a filter.",
                    permission: .read, hints: .reads,
                    routes: [
                        Route(.get, "/api/collections/{collection}/count"),
                        Route(.post, "/api/collections/{collection}/count"),
                    ]),
                input: CountRecords.self, output: RecordCount.self
            ) { input, context in
                let collection = try await collections.find(input.collection, of: context.tenant)
                let filter = try FilterLanguage.parse(input.filter, rule: collection.settings.attributes)
                return RecordCount(count: try await collections.count(filter, in: collection))
            },
        ]
    }

    private func upsert(_ input: UpsertRecords, _ context: OperationContext) async throws -> UpsertedRecords {
        let stored = try await collections.upsert(
            input.records.enumerated().map { NumberedRecord($0, .json($1)) }, into: input.collection,
            isPartial: input.partial ?? false,
            of: context.tenant, deadline: context.deadline)
        return UpsertedRecords(
            upserted: stored.count, errorCount: stored.problems.count,
            errors: Array(stored.problems.prefix(Limits.shownProblems)),
            embedMS: stored.embedding.fractionalMilliseconds)
    }

    /// What an answer with these records takes.
    private static func memory(of records: [CollectionTable.Record], showsVectors: Bool) -> Int {
        let vectors = showsVectors ? 0 : records.reduce(0) { $0 + $1.vector.count } * MemoryLayout<Float>.size
        return (records.reduce(0) { $0 + $1.bytes } - vectors) * Limits.answerMemory
    }

    private func list(_ input: ListRecords, _ context: OperationContext) async throws -> Page<RecordView> {
        let collection = try await collections.find(input.collection, of: context.tenant)
        let limit = input.limit ?? Limits.defaultPageSize
        let records = try await collections.page(of: collection, after: input.cursor, limit: limit + 1)
        try context.reserve(Self.memory(of: records, showsVectors: input.includeVectors ?? false))
        return Page(
            rows: try records.map { try RecordView($0, vector: input.includeVectors ?? false) }, limit: limit,
            cursor: \.id)
    }

    private func delete(_ input: DeleteRecords, _ context: OperationContext) async throws -> DeletedRecords {
        let collection = try await collections.find(input.collection, of: context.tenant)
        let filter: VectorFilter
        switch (input.ids, input.filter) {
        case (let ids?, nil): filter = .items(ids)
        case (nil, let json?) where json.objectValue?.isEmpty == false:
            filter = try FilterLanguage.parse(json, rule: collection.settings.attributes)
        default:
            throw HearthError(
                .invalidRequest, "Exactly one of `ids` and `filter` is wanted, and the filter may not be empty.",
                hint: "`DELETE /api/collections/{collection}` deletes everything.")
        }
        let selection = CollectionTable.Selection(filter: filter)
        return DeletedRecords(
            deleted: try await collections.delete(selection, from: collection.id, of: context.tenant))
    }

    private func query(_ input: QueryCollection, _ context: OperationContext) async throws -> QueryAnswer {
        let start = ContinuousClock.now
        let collection = try await collections.find(input.collection, of: context.tenant)
        let filter = try FilterLanguage.parse(input.filter, rule: collection.settings.attributes)
        let queries = try await queries(input, collection, context)
        let embedded = ContinuousClock.now
        let wantsPayload = input.includePayloads ?? true
        let wantsVector = input.includeVectors ?? false
        let question = NamedCollections.Question(
            queries: queries, k: input.k ?? 10, filter: filter, isExact: input.exact ?? false,
            deadline: context.deadline)
        let answers = try await collections.search(
            question, in: collection, reading: wantsVector ? .vectors : wantsPayload ? .payloads : .ids,
            reserve: context.reserve)
        let end = ContinuousClock.now
        let results = try answers.map { answer in
            try context.requireTime()
            return try Self.result(of: answer, in: collection, input)
        }
        return QueryAnswer(
            results: results, metric: collection.metric.rawValue, model: collection.model?.id,
            timings: QueryTimings(
                embedMS: (embedded - start).fractionalMilliseconds,
                searchMS: (end - embedded).fractionalMilliseconds,
                totalMS: (end - start).fractionalMilliseconds))
    }

    /// What one query has found, as its answer shows it.
    private static func result(
        of answer: NamedCollections.Answer, in collection: NamedCollection, _ input: QueryCollection
    ) throws -> QueryResult {
        let matches = try answer.hits.map { hit in
            QueryMatch(
                try RecordView(
                    hit.record, vector: input.includeVectors ?? false, payload: input.includePayloads ?? true),
                score: hit.score, distance: collection.distance(hit.score))
        }
        return QueryResult(
            matches: matches.filter { $0.score >= input.minScore ?? -.infinity }, compared: answer.compared)
    }

    /// The vectors to search by: given, stored, or made from a text or a picture.
    private func queries(
        _ input: QueryCollection, _ collection: NamedCollection, _ context: OperationContext
    ) async throws -> [[Float]] {
        let given: [Any?] = [input.vector, input.vectors, input.id, input.text, context.image]
        guard given.count(where: { $0 != nil }) == 1 else {
            throw HearthError(
                .invalidRequest, "Exactly one of `vector`, `vectors`, `id`, `text` and `image_base64` is wanted.")
        }
        if let vector = input.vector { return [try VectorReader.vector(vector, field: "vector")] }
        if let vectors = input.vectors {
            return try vectors.enumerated().map { try VectorReader.vector($1, field: "vectors[\($0)]") }
        }
        if let id = input.id {
            guard let vector = try await collections.vectors.vector(of: id, in: collection.row, isCurrent: true) else {
                throw HearthError(.notFound, "The collection has no record \"\(id.prefix(100))\".")
            }
            return [vector]
        }
        guard let model = collection.model else {
            throw HearthError(
                .unprocessable, "This collection has no model that could embed texts and pictures.",
                hint: "Send a vector, or the id of a record.")
        }
        let what: EmbeddingInput =
            if let text = input.text {
                .text(text, role: .query)
            } else {
                .image(try context.requireImage().picture)
            }
        return [
            try await collections.vectors(of: [what], by: model, of: context.tenant, deadline: context.deadline)[0]
                .get()
        ]
    }
}

import HearthCore
import HearthInference
import HearthJSON
import HearthVectorStore
import HearthVectors

extension CollectionOperations {
    func recordOperations() -> [Operation] { recordChanges() + recordReads() }

    private func recordChanges() -> [Operation] {
        [
            Operation(
                .init(
                    "collections.records.upsert", "Add or replace records: all of them or none.",
                    description: """
                        A record whose id exists is replaced. All records of a call are committed \
                        together, or none; with `partial` the good ones are committed and the others are \
                        listed.
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

    private func list(_ input: ListRecords, _ context: OperationContext) async throws -> Page<RecordView> {
        let collection = try await collections.find(input.collection, of: context.tenant)
        let limit = input.limit ?? Limits.defaultPageSize
        let records = try await collections.page(of: collection, after: input.cursor, limit: limit + 1)
        return Page(
            rows: try records.map { try RecordView($0, vector: input.includeVectors ?? false) }, limit: limit,
            cursor: \.id)
    }

    private func delete(_ input: DeleteRecords, _ context: OperationContext) async throws -> DeletedRecords {
        let collection = try await collections.find(input.collection, of: context.tenant)
        let filter: VectorFilter
        switch (input.ids, input.filter) {
        case (let ids?, nil): filter = .items(Set(ids))
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
            queries: queries, k: input.k ?? 10, filter: filter, isExact: input.exact ?? false)
        let answers = try await collections.search(
            question, in: collection, reading: wantsVector ? .vectors : wantsPayload ? .payloads : .ids)
        let end = ContinuousClock.now
        let results = try answers.map { answer in
            let matches = try answer.hits.map { hit in
                QueryMatch(
                    try RecordView(hit.record, vector: wantsVector, payload: wantsPayload), score: hit.score,
                    distance: collection.distance(hit.score))
            }
            return QueryResult(
                matches: matches.filter { $0.score >= input.minScore ?? -.infinity }, compared: answer.compared)
        }
        return QueryAnswer(
            results: results, metric: collection.metric.rawValue, model: collection.model?.id,
            timings: QueryTimings(
                embedMS: (embedded - start).fractionalMilliseconds,
                searchMS: (end - embedded).fractionalMilliseconds,
                totalMS: (end - start).fractionalMilliseconds))
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

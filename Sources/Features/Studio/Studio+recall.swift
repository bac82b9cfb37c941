import HearthCore
import HearthInference
import HearthJSON
import HearthVectorStore
import HearthVectors

/// Input of `studio.recall`.
struct Recall: Sendable, Codable, SchemaDescribed {
    var anchorID: String?
    var project: String?
    var k: Int?
    var minScore: Double?

    static let fields = [
        "anchor_id": FieldNote("Instead of a picture: look for what is like this anchor; needs no model."),
        "project": FieldNote(
            "Identifier or name of the project to search; all of them when absent.", minLength: 1,
            schema: ["format": "name"]),
        "k": FieldNote("Most matches wanted; 5 when absent.", minimum: 1, maximum: Double(Limits.recallMatches)),
        "min_score": FieldNote("Matches below this cosine are left out.", minimum: -1, maximum: 1),
    ]
}

extension Studio {
    func recallOperation() -> Operation {
        Operation(
            .init(
                "studio.recall", "Find the characters most like a picture.",
                description: """
                    Compares a picture, or an anchor by its identifier, with all pictures that have a \
                    vector, and answers the best picture of each of the `k` most similar characters. \
                    Pictures without one yet are counted as `pending`. Scores are cosines; scores of \
                    two models are not comparable. `is_match` of a match says whether its score reaches \
                    the model's threshold: when it is false for the first one, the character is unknown. \
                    It is absent when the model names no threshold.
                    """,
                permission: .read, hints: .reads,
                routes: [Route(.post, "/api/recall"), Route(.post, "/api/anime/recall")], tool: "find_character",
                aliases: ["recall_character"],
                attachment: .image(isRequired: false)),
            input: Recall.self, output: Recalled.self, run: recall)
    }

    /// What is looked for, and where.
    private struct Query {
        var vector: [Float]
        var model: ModelIdentity
        var timings: InferenceTimings
        let known: Known
    }

    /// What the rows say before a search, all of it in one snapshot: what is not pending there is compared.
    private struct Known: Sendable {
        let collections: [CollectionTable.Collection]
        let pending: (count: Int, isAll: Bool)
    }

    private func recall(_ input: Recall, _ context: OperationContext) async throws -> Recalled {
        let start = ContinuousClock.now
        let query = try await query(input, context)
        let searchStart = ContinuousClock.now
        var compared = 0
        // Vectors of a character that is being deleted stay in the index until its rows are gone.
        let found = try await Ranking.best(input.k ?? 5) { depth in
            let found = try await metrics.time(.search) {
                try await collections.search(
                    query.vector, in: query.known.collections, k: depth, deadline: context.deadline)
            }
            compared = found.compared
            return found.matches
        } show: { [table] matches in
            let names = try await store.read { db in try table.names(ofCharacters: matches.map(\.owner), in: db) }
            return matches.map { match in names[match.owner].map { (match: match, name: $0) } }
        }
        let threshold = await embeddings.matchRule(of: query.model)?.threshold(among: compared)
        let end = ContinuousClock.now
        let matches = found.shown.map { match, name in
            Recalled.Match(
                characterID: match.owner, name: name.name, project: name.project, handle: name.handle,
                isProvisional: name.isProvisional, anchorID: match.item, score: Double(match.score),
                isMatch: threshold.map { Double(match.score) >= $0 })
        }
        let pending = query.known.pending
        return Recalled(
            matches: matches.filter { $0.score >= input.minScore ?? -1 }, model: query.model,
            matchThreshold: threshold, compared: compared, pending: pending.count,
            isComplete: pending.count == 0 && pending.isAll && found.isComplete,
            timings: Recalled.Timings(
                decodeMS: query.timings.decode.fractionalMilliseconds,
                queueMS: query.timings.queue.fractionalMilliseconds,
                computeMS: query.timings.compute.fractionalMilliseconds,
                searchMS: (end - searchStart).fractionalMilliseconds, totalMS: (end - start).fractionalMilliseconds))
    }

    private func query(_ input: Recall, _ context: OperationContext) async throws -> Query {
        let (table, vectors, tenant) = (table, vectors, context.tenant)
        switch (context.image, input.anchorID) {
        case (let image?, nil):
            // Before the picture is looked at: an unknown project costs no model anything.
            let scope: String? =
                if let project = input.project {
                    try await store.read { db in try table.requireProjectID(project, of: tenant, in: db) }
                } else {
                    nil
                }
            let result = try await metrics.time(.embed) {
                try await embeddings.embedAnchor(
                    image.picture, EmbeddingService.Options(tenant: tenant, deadline: context.deadline))
            }
            return Query(
                vector: result.vector, model: result.model, timings: result.timings,
                known: try await store.read { db in try known(result.model, scope, tenant, in: db) })
        case (nil, let anchor?):
            return try await store.read { db in
                let scope = try input.project.map { try table.requireProjectID($0, of: tenant, in: db) }
                _ = try table.anchor(anchor, of: tenant, in: db)
                guard let stored = try vectors.vector(of: anchor, tenant: tenant, in: db) else {
                    throw HearthError(
                        .conflict, "The anchor has no vector yet.",
                        hint: "Its job extracts it; ask again when it is done.", retryAfter: 1)
                }
                return Query(
                    vector: stored.vector, model: stored.model,
                    timings: InferenceTimings(decode: .zero, queue: .zero, compute: .zero, batch: 0),
                    known: try known(stored.model, scope, tenant, in: db))
            }
        default:
            throw HearthError(
                .invalidRequest, "Exactly one of a picture and `anchor_id` is wanted.",
                hint: "Send the picture as the raw body, as the multipart file `image`, or as `image_base64`.")
        }
    }

    private func known(
        _ model: ModelIdentity, _ scope: String?, _ tenant: Tenant, in db: any SQLConnection
    ) throws -> Known {
        Known(
            collections: try vectors.collections(of: tenant, scope: scope, modelDigest: model.digest, in: db),
            pending: try table.countPending(digest: model.digest, project: scope, of: tenant, in: db))
    }
}

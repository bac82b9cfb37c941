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
                routes: [Route(.post, "/api/recall"), Route(.post, "/api/anime/recall")], tool: "recall_character",
                attachment: .image(isRequired: false)),
            input: Recall.self, output: Recalled.self, run: recall)
    }

    private struct Query {
        var vector: [Float]
        var model: ModelIdentity
        var timings: InferenceTimings
    }

    private func recall(_ input: Recall, _ context: OperationContext) async throws -> Recalled {
        let start = ContinuousClock.now
        let (table, tenant) = (table, context.tenant)
        let scope = try await store.read { db in
            try input.project.map { try table.requireProjectID($0, of: tenant, in: db) }
        }
        let query = try await query(input, context)
        // Counted before the search: what has a vector by now is compared.
        let digest = query.model.digest
        let pending = try await store.read { db in
            try table.countPending(digest: digest, project: scope, of: tenant, in: db)
        }
        let searchStart = ContinuousClock.now
        let k = input.k ?? 5
        let found = try await metrics.time(.search) {
            try await collections.search(
                query.vector, model: query.model, tenant: tenant, scope: scope, k: k, deadline: context.deadline)
        }
        let names = try await store.read { [matches = found.matches] db in
            try table.names(ofCharacters: matches.map(\.owner), in: db)
        }
        let threshold = await embeddings.matchThreshold(of: query.model)
        let end = ContinuousClock.now
        let matches = found.matches.compactMap { match in
            names[match.owner].map {
                Recalled.Match(
                    characterID: match.owner, name: $0.name, project: $0.project, handle: $0.handle,
                    isProvisional: $0.isProvisional, anchorID: match.item,
                    score: Double(match.score), isMatch: threshold.map { Double(match.score) >= $0 })
            }
        }
        return Recalled(
            matches: matches.filter { $0.score >= input.minScore ?? -1 }, model: query.model,
            matchThreshold: threshold, compared: found.compared,
            pending: pending.count, isComplete: pending.count == 0 && pending.isAll,
            timings: Recalled.Timings(
                decodeMS: query.timings.decode.fractionalMilliseconds,
                queueMS: query.timings.queue.fractionalMilliseconds,
                computeMS: query.timings.compute.fractionalMilliseconds,
                searchMS: (end - searchStart).fractionalMilliseconds, totalMS: (end - start).fractionalMilliseconds))
    }

    private func query(_ input: Recall, _ context: OperationContext) async throws -> Query {
        switch (context.image, input.anchorID) {
        case (let image?, nil):
            let result = try await metrics.time(.embed) {
                try await embeddings.embedAnchor(
                    image.picture, EmbeddingService.Options(tenant: context.tenant, deadline: context.deadline))
            }
            return Query(vector: result.vector, model: result.model, timings: result.timings)
        case (nil, let anchor?):
            let (table, vectors, tenant) = (table, vectors, context.tenant)
            let stored = try await store.read { db in
                _ = try table.anchor(anchor, of: tenant, in: db)
                return try vectors.vector(of: anchor, tenant: tenant, in: db)
            }
            guard let stored else {
                throw HearthError(
                    .conflict, "The anchor has no vector yet.", hint: "Its job extracts it; ask again when it is done.",
                    retryAfter: 1)
            }
            return Query(
                vector: stored.vector, model: stored.model,
                timings: InferenceTimings(decode: .zero, queue: .zero, compute: .zero, batch: 0))
        default:
            throw HearthError(
                .invalidRequest, "Exactly one of a picture and `anchor_id` is wanted.",
                hint: "Send the picture as the raw body, as the multipart file `image`, or as `image_base64`.")
        }
    }
}

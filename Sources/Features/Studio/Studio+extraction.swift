import HearthCore
import HearthInference
import HearthJSON
import HearthJobs
import HearthVectorStore

/// Input of `studio.anchors.extract`.
struct ExtractAnchor: Sendable, Codable, SchemaDescribed {
    var anchorID: String

    static let fields = ["anchor_id": FieldNote("Identifier of an anchor.")]
}

extension Studio {
    static let extraction = QueuedOperation(
        .init(
            "studio.anchors.extract", "Give an anchor its vector.",
            description: """
                Reads the picture, lets the model look at it, and commits the vector together with the end of the job. \
                One job for each anchor is unfinished at most.
                """,
            permission: .admin, hints: .addsOnce),
        plan: JobPlan(lane: .embed, needs: [.defaultEmbedder], control: .write), input: ExtractAnchor.self,
        subject: \.anchorID, identity: \.anchorID)

    func extractionOperation() -> Operation {
        Operation(
            Self.extraction,
            admit: { input, tenant in
                let table = table
                _ = try await store.read { db in try table.anchor(input.anchorID, of: tenant, in: db) }
            }, run: extract)
    }

    private func extract(_ input: ExtractAnchor, _ lease: JobLease, _ progress: JobProgress) async throws -> JobOutcome
    {
        let table = table
        let anchor: Anchor
        do {
            anchor = try await store.read { db in try table.anchor(input.anchorID, of: lease.tenant, in: db) }
        } catch let error as HearthError where error.code == .notFound {
            // Deleted before its turn came: there is nothing left to do, and nothing has failed. The same is said of
            // one that never was, and of another tenant's.
            return JobOutcome(result: ["skipped": "There is no such anchor."])
        }
        progress.report(ProgressReport(stage: "read", overall: 0.1, message: "Reading the picture."))
        let image = try await blobs.read(anchor.path)
        progress.report(ProgressReport(stage: "embed", overall: 0.3, message: "Looking at the picture."))
        let result = try await metrics.time(.extract) {
            let request = InferenceRequest(
                .embed(.image(image)), priority: .background, tenant: lease.tenant,
                deadline: .now + Self.extraction.plan.timeout)
            return try EmbeddingResult(try await engine.answer(request))
        }
        progress.report(ProgressReport(stage: "store", overall: 0.9, message: "Remembering it."))
        try await writeRecipe(of: anchor, model: result.model, tenant: lease.tenant)
        return outcome(of: anchor, result, tenant: lease.tenant)
    }

    private func outcome(of anchor: Anchor, _ result: EmbeddingResult, tenant: Tenant) -> JobOutcome {
        let (table, vectors, now) = (table, vectors, clock.now())
        let space = VectorSpace(tenant: tenant, scope: anchor.projectID, model: result.model)
        return JobOutcome(result: [
            "anchor_id": .string(anchor.anchorID), "model": .string(result.model.id),
            "dims": .int(Int64(result.model.dims)),
        ]) { db in
            // Deleted while it was looked at: then there is nothing to remember.
            guard let owner = try table.markEmbedded(anchor.anchorID, digest: result.model.digest, in: db) else {
                return
            }
            try vectors.upsert(
                item: anchor.anchorID, owner: owner, vector: result.vector, space: space,
                precision: result.model.precision, in: db, now: now)
        }
    }

    /// Writes beside the picture what it is and what looked at it, for people and for rebuilding.
    private func writeRecipe(of anchor: Anchor, model: ModelIdentity, tenant: Tenant) async throws {
        let table = table
        let names = try await store.read { db in try table.names(ofCharacters: [anchor.characterID], in: db) }
        guard let name = names[anchor.characterID] else { return }
        let recipe: JSONValue = [
            "anchor_id": .string(anchor.anchorID), "tenant": .string(tenant.rawValue),
            "character": .string(name.name), "project": .string(name.project),
            "role": .string(anchor.role.rawValue), "sha256": .string(anchor.sha256),
            "width": .int(Int64(anchor.width)), "height": .int(Int64(anchor.height)),
            "registered_at": .int(anchor.createdAt),
            "model": [
                "id": .string(model.id), "digest": .string(model.digest), "dims": .int(Int64(model.dims)),
                "precision": .string(model.precision),
            ],
        ]
        let path = anchor.path + Anchor.recipeSuffix
        try await blobs.write(recipe.encoded(), to: path)
        // The anchor may have been deleted since: its recipe must not outlive it.
        let isKnown = try await store.read { db in try !table.named([path], in: db).isEmpty }
        if !isKnown { try await blobs.remove(path) }
    }
}

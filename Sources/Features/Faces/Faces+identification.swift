import HearthCore
import HearthInference
import HearthJSON
import HearthVectorStore
import HearthVectors

extension Faces {
    /// What an identification compares.
    private struct Probe: Sendable {
        let vector: [Float]
        let models: FaceModels
        let picture: ReadPicture?
        let face: SeenFaces.Face?
    }

    func identify(_ input: IdentifyFace, _ context: OperationContext) async throws -> IdentifyReply {
        let start = ContinuousClock.now
        let (table, tenant) = (table, context.tenant)
        let strictness = try FaceStrictness(input.rate, threshold: input.threshold)
        let client = try await store.read { db in try table.client(input.client, of: tenant, in: db) }
        let probe = try await probe(input, of: client, context)
        let snapshots = try await store.read { db in
            (
                try gallery.snapshot(.templates, of: client, model: probe.models.embedder, in: db),
                try gallery.snapshot(.negatives, of: client, model: probe.models.embedder, in: db)
            )
        }
        let searching = ContinuousClock.now
        let limit = input.limit ?? 5
        let (found, compared) = try await metrics.time(.faceSearch) {
            // Those that were said to be another person leave, so more are looked at.
            try await gallery.search(
                probe.vector, in: snapshots.0, k: limit + Limits.negativesOfUser, deadline: context.deadline)
        }
        let threshold = try FaceThreshold(strictness, probe.models.thresholds, among: compared)
        let people = try await withoutNegatives(found, probe.vector, snapshots.1)
        let time = ContinuousClock.now - searching
        let margin = input.margin ?? Limits.identifyMargin
        let decision = IdentifyDecision(
            scores: people.map { Double($0.score) }, threshold: threshold.cosine, margin: margin)
        let above = people.prefix { Double($0.score) >= threshold.cosine }.prefix(limit)
        let names = try await store.read { db in try table.names(ofUsers: above.map(\.owner), in: db) }
        let candidates = above.compactMap { match in
            names[match.owner].map { FaceCandidate(externalUserID: $0, similarity: Double(match.score)) }
        }
        // Deleted meanwhile: then there is no such person.
        let winner = decision.winner.map { people[$0].owner }.flatMap { names[$0] != nil ? $0 : nil }
        try await noteIdentified(
            client, winner: winner, threshold, gallery: compared, probe.picture, by: context.principal)
        return IdentifyReply(
            user: winner == nil ? nil : candidates.first,
            reason: winner == nil ? decision.reason ?? .belowThreshold : nil, candidates: candidates,
            thresholdUsed: threshold.cosine, marginUsed: margin, fmrAtThreshold: threshold.fmr,
            fmrPairs: threshold.pairs, gallery: compared, model: probe.models.embedder,
            detector: probe.models.detector, liveness: .none, isCached: probe.picture?.isCached ?? false,
            region: probe.face?.region,
            timings: FaceStageTimes(
                [probe.picture?.timings ?? FaceTimings()], compare: time, since: start))
    }

    private func probe(
        _ input: IdentifyFace, of client: FaceClient, _ context: OperationContext
    ) async throws -> Probe {
        if let value = input.vector, !value.isNull {
            guard context.image == nil else {
                throw HearthError(.invalidRequest, "`vector` and a picture are given both.", hint: "Send one.")
            }
            let models = try await requireFinder().models(until: context.deadline)
            let vector = try VectorReader.vector(value, field: "vector")
            try VectorCheck.check(vector, dims: models.embedder.dims, metric: .cosine, place: "vector")
            return Probe(vector: vector, models: models, picture: nil, face: nil)
        }
        guard let image = context.image else {
            throw HearthError(.invalidRequest, "The image is missing.", hint: "Send a picture, or `vector`.")
        }
        let picture = try await read(image.picture, of: client, until: context.deadline)
        let face = try picture.requireFace()
        return Probe(vector: face.vector, models: picture.models, picture: picture, face: face)
    }

    /// Leaves out those of whom it was said that this face is not theirs.
    private func withoutNegatives(
        _ found: [VectorMatch], _ vector: [Float], _ snapshot: FaceGallery.Snapshot
    ) async throws -> [VectorMatch] {
        let refused = try await gallery.search(vector, in: snapshot, k: Limits.identifyCandidates, deadline: nil)
        guard !refused.matches.isEmpty else { return found }
        let scores = Dictionary(refused.matches.map { ($0.owner, $0.score) }, uniquingKeysWith: max)
        return found.filter { match in scores[match.owner].map { $0 <= match.score } ?? true }
    }

    private func noteIdentified(
        _ client: FaceClient, winner: String?, _ threshold: FaceThreshold, gallery: Int, _ picture: ReadPicture?,
        by actor: Principal?
    ) async throws {
        let table = table
        try await store.write { db in
            guard try table.client(id: client.clientID, of: client.tenant, in: db) != nil else { return }
            if let picture { try pictures.keep(picture, of: client, user: winner, in: db) }
            try note(
                "identify", client, user: winner, by: actor,
                [
                    "known": .bool(winner != nil), "threshold": .double(threshold.cosine),
                    "gallery": .int(Int64(gallery)),
                ], in: db)
        }
    }
}

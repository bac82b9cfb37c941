import HearthCore
import HearthInference
import HearthJSON
import HearthVectorStore

extension Faces {
    func recognitionOperations() -> [Operation] {
        [
            Operation(
                .init(
                    "faces.verify", "Say whether a picture shows a user.",
                    description: """
                        Compares the largest face of the picture with the user's templates. After \
                        \(Limits.freeFailures) failures in a row, of the user, of the key or of the address, a pause \
                        is enforced that doubles each time, and after \(Limits.stoppedFailures) an administrator must \
                        unlock the user. A session for verifying counts in the place of a picture.
                        """,
                    permission: .write, hints: .adds,
                    routes: [Route(.post, "/api/clients/users/{external_user_id}/verify")],
                    attachment: .image(isRequired: false)),
                input: VerifyFace.self, output: VerifyReply.self, run: verify),
            Operation(
                .init(
                    "faces.identify", "Say which user of a client a picture shows.",
                    description: """
                        Compares the largest face with all templates of the client, exactly. The threshold rises with \
                        their number, and the best person must be clearly more similar than the second one. An \
                        unknown person is a normal answer, with the reason.
                        """,
                    permission: .write, hints: .adds, routes: [Route(.post, "/api/clients/identify")],
                    attachment: .image(isRequired: false)),
                input: IdentifyFace.self, output: IdentifyReply.self, run: identify),
            Operation(
                .init(
                    "faces.compare", "Say whether two pictures show one person.",
                    description: """
                        Compares the largest faces of both pictures. Nothing is enrolled; the faces of both pictures \
                        are kept for a while, sealed, so that the same pictures are not read again.
                        """,
                    permission: .write, hints: .addsOnce, routes: [Route(.post, "/api/clients/compare")],
                    attachment: .image(isRequired: true), bodyBytes: Limits.bodyBytes),
                input: CompareFaces.self, output: CompareReply.self, run: compare),
        ]
    }

    // MARK: Verify

    /// What the rows say of a user before a verification.
    struct VerifyRows: Sendable {
        let client: FaceClient
        let user: FaceUserRow
        /// By the current model.
        let templates: [[Float]]
        /// What was said not to be the user.
        let negatives: [[Float]]
        let model: ModelIdentity
        let failures: [AttemptTable.Failures]
        let subjects: AttemptSubjects
    }

    private func verify(_ input: VerifyFace, _ context: OperationContext) async throws -> VerifyReply {
        let start = ContinuousClock.now
        let strictness = try FaceStrictness(input.rate, threshold: input.threshold)
        if let session = input.sessionID {
            guard context.image == nil else {
                throw HearthError(.invalidRequest, "`session_id` and a picture are given both.", hint: "Send one.")
            }
            return try await verification(
                ofSession: session, user: FaceUserReference(client: input.client, externalUserID: input.externalUserID),
                context)
        }
        guard let image = context.image else {
            throw HearthError(.invalidRequest, "The image is missing.", hint: "Send a picture, or `session_id`.")
        }
        let models = try await requireFinder().models(until: context.deadline)
        let threshold = try FaceThreshold(strictness, models.thresholds)
        let rows = try await verifyRows(input, models, context)
        let place = try admit(rows)
        defer { withExtendedLifetime(place) {} }
        let picture = try await read(image.picture, of: rows.client, until: context.deadline)
        let face = try picture.requireFace()
        let compared = try score(face.vector, rows, by: picture.models.embedder, best: input.best ?? 3)
        let isVerified = !compared.isNegative && compared.similarity >= threshold.cosine
        try await countAttempt(
            rows, isVerified: isVerified, threshold, by: context.principal, kept: picture)
        return VerifyReply(
            verified: isVerified, similarity: compared.similarity, thresholdUsed: threshold.cosine,
            fmrAtThreshold: threshold.fmr, fmrPairs: threshold.pairs, isNegative: compared.isNegative,
            compared: compared.count, model: picture.models.embedder, detector: picture.models.detector,
            liveness: .none, isCached: picture.isCached, region: face.region,
            timings: FaceStageTimes([picture.timings], compare: compared.time, since: start))
    }

    private func verifyRows(
        _ input: VerifyFace, _ models: FaceModels, _ context: OperationContext
    ) async throws -> VerifyRows {
        let table = table
        return try await store.read { db in
            let client = try table.client(input.client, of: context.tenant, in: db)
            let user = try table.user(input.externalUserID, of: client, in: db)
            return try verifyRows(
                user, of: client, models, key: context.principal.keyID, address: context.address, in: db)
        }
    }

    func verifyRows(
        _ user: FaceUserRow, of client: FaceClient, _ models: FaceModels, key: String?, address: String?,
        in db: any SQLConnection
    ) throws -> VerifyRows {
        try requireConsent(user.consent, of: client)
        let all = try table.templates(ofUser: user.userID, in: db)
        let templates = all.filter { $0.modelDigest == models.embedder.digest }
        guard !templates.isEmpty else {
            guard let other = all.first else {
                throw HearthError(.unprocessable, "The user is not enrolled.", hint: "Enrol the user first.")
            }
            throw HearthError(
                .conflict, "The user's templates are by another model (\(other.model)).",
                hint: "Templates of different models are never compared: enrol the user again.")
        }
        let subjects = AttemptSubjects(user: user.userID, key: key, address: address)
        let negatives = try table.negatives(ofUser: user.userID, model: models.embedder.digest, in: db).map(\.id)
        let vectors = try gallery.vectors(
            of: templates.map(\.templateID), .templates, of: client, model: models.embedder, in: db)
        let refused = try gallery.vectors(of: negatives, .negatives, of: client, model: models.embedder, in: db)
        return VerifyRows(
            client: client, user: user, templates: Array(vectors.values), negatives: Array(refused.values),
            model: models.embedder,
            failures: try AttemptTable().failures(subjects, of: client.tenant, in: db), subjects: subjects)
    }

    /// Lets an attempt begin unless too many have failed.
    /// - Returns: its place; to be kept until it is counted.
    /// - Throws: ``HearthError`` `rate_limited`, with the time to wait.
    func admit(_ rows: VerifyRows) throws(HearthError) -> AttemptGate.Place {
        let now = clock.now()
        for failures in rows.failures {
            switch FailureRule().verdict(failures: failures.count, failedAt: failures.failedAt, now: now) {
            case .free: continue
            case .waits(let milliseconds):
                throw HearthError(
                    .rateLimited, "Too many verifications have failed.", hint: "Wait before the next one.",
                    retryAfter: Int((milliseconds + 999) / 1_000))
            case .stopped:
                throw HearthError(
                    .rateLimited, "Too many verifications have failed; no more are allowed.",
                    hint: "An administrator can unlock the user: `faces.users.unlock`.",
                    details: ["reason": "locked"])
            }
        }
        let failures = rows.failures.first { $0.subject == rows.subjects.user }?.count ?? 0
        return try attempts.enter(rows.subjects.user, failures: failures)
    }

    /// How similar a face is to a user.
    struct Comparison: Sendable {
        let similarity: Double
        let isNegative: Bool
        let count: Int
        let time: Duration
    }

    func score(
        _ vector: [Float], _ rows: VerifyRows, by embedder: ModelIdentity, best: Int
    ) throws(HearthError) -> Comparison {
        let start = ContinuousClock.now
        guard rows.model.digest == embedder.digest,
            let similarity = FaceVector.bestMean(of: vector, among: rows.templates, k: best)
        else { throw HearthError(.modelNotReady, "The model has changed meanwhile.", retryAfter: 1) }
        return Comparison(
            similarity: similarity,
            isNegative: Self.isNegative(vector, templates: rows.templates, negatives: rows.negatives),
            count: rows.templates.count, time: .now - start)
    }

    /// Whether a face is closer to what was said not to be a person than to the person.
    static func isNegative(_ vector: [Float], templates: [[Float]], negatives: [[Float]]) -> Bool {
        guard let negative = FaceVector.bestMean(of: vector, among: negatives, k: 1) else { return false }
        return negative > FaceVector.bestMean(of: vector, among: templates, k: 1) ?? -1
    }

    /// Counts an attempt and writes it down.
    func countAttempt(
        _ rows: VerifyRows, isVerified: Bool, _ threshold: FaceThreshold, by actor: Principal?,
        kept picture: ReadPicture?
    ) async throws {
        let now = clock.now()
        try await store.write { db in
            let table = AttemptTable()
            if isVerified {
                try table.forget(rows.subjects.all, of: rows.client.tenant, in: db)
            } else {
                try table.countFailure(rows.subjects, of: rows.client.tenant, in: db, now: now)
            }
            // Of a deleted user nothing comes back.
            let isThere = try self.table.user(id: rows.user.userID, of: rows.client.tenant, in: db) != nil
            if let picture, isThere {
                try pictures.keep(picture, of: rows.client, user: isVerified ? rows.user.userID : nil, in: db)
            }
            try note(
                "verify", rows.client, user: rows.user.userID, by: actor, outcome: isVerified ? .done : .refused,
                ["threshold": .double(threshold.cosine)], in: db)
        }
    }

    // MARK: Compare

    private func compare(_ input: CompareFaces, _ context: OperationContext) async throws -> CompareReply {
        let start = ContinuousClock.now
        let (table, tenant, now, image) = (table, context.tenant, clock.now(), try context.requireImage())
        let strictness = try FaceStrictness(input.rate, threshold: input.threshold)
        let other = try InspectedImage(Base64.read(input.otherBase64, field: "other_base64"))
        let models = try await requireFinder().models(until: context.deadline)
        let threshold = try FaceThreshold(strictness, models.thresholds)
        let client = try await store.write { db in
            try table.clientToWrite(input.client, of: tenant, in: db, now: now)
        }
        async let reading = read(other.picture, of: client, until: context.deadline)
        let first = try await read(image.picture, of: client, until: context.deadline)
        let second = try await reading
        guard first.models.embedder.digest == second.models.embedder.digest else {
            throw HearthError(.modelNotReady, "The model has changed meanwhile.", retryAfter: 1)
        }
        let (face, otherFace) = (try first.requireFace(), try second.requireFace())
        let comparing = ContinuousClock.now
        let similarity = FaceVector.cosine(face.vector, otherFace.vector)
        let time = ContinuousClock.now - comparing
        if !first.isCached || !second.isCached {
            try await store.write { db in
                guard try table.client(id: client.clientID, of: tenant, in: db) != nil else { return }
                for picture in [first, second] { try pictures.keep(picture, of: client, user: nil, in: db) }
            }
        }
        return CompareReply(
            isSame: similarity >= threshold.cosine, similarity: similarity, thresholdUsed: threshold.cosine,
            fmrAtThreshold: threshold.fmr, fmrPairs: threshold.pairs, model: first.models.embedder,
            detector: first.models.detector, region: face.region, otherRegion: otherFace.region,
            isCached: first.isCached && second.isCached,
            timings: FaceStageTimes([first.timings, second.timings], compare: time, since: start))
    }
}

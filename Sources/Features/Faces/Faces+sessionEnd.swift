import HearthCore
import HearthInference
import HearthJSON
import Logging

extension Faces {
    /// Makes the rows of a session's end. It cannot fail for its caller: what goes wrong is the reason of the end.
    func finish(
        _ row: FaceSession, _ user: FaceUserRow, _ client: FaceClient, _ models: FaceModels, address: String?,
        _ combined: EnrolmentMachine.Combined?, _ end: EnrolmentMachine.End, _ frames: Set<String>
    ) async -> SessionEnd {
        defer { sessions.remove(row.sessionID) }
        var outcome = SessionOutcome(
            isSuccess: false, reason: end.rawValue, frames: frames.count, liveness: combined == nil ? .none : .heuristic
        )
        do {
            if let combined {
                outcome =
                    switch row.purpose {
                    case .enrol: try await enrol(row, user, client, models, combined, frames)
                    case .verify: try await verify(row, user, client, models, address: address, combined, frames)
                    }
            } else {
                try await close(row, client, outcome, frames)
            }
        } catch {
            let code = (error as? HearthError)?.code ?? .internalError
            outcome.reason = code.rawValue
            logger.warning(
                "A session could not be ended as it should",
                metadata: ["session": "\(row.sessionID)", "error": "\(error)"])
            // So that it does not seem to go on; its frames must not come again all the same.
            try? await close(row, client, outcome, frames)
        }
        return SessionEnd(
            sessionID: row.sessionID, purpose: row.purpose, isSuccess: outcome.isSuccess, reason: outcome.reason,
            liveness: outcome.liveness)
    }

    private func close(
        _ row: FaceSession, _ client: FaceClient, _ outcome: SessionOutcome, _ frames: Set<String>
    ) async throws {
        let now = clock.now()
        try await store.write { db in
            try write(outcome, of: row, client, frames, in: db, now: now)
            try note(
                "sessions.end", client, user: row.userID, by: nil, outcome: .failed,
                ["session_id": .string(row.sessionID), "reason": .string(outcome.reason ?? "")], in: db)
        }
    }

    /// The session's own rows: its end, and the frames that must not come again.
    private func write(
        _ outcome: SessionOutcome, of row: FaceSession, _ client: FaceClient, _ frames: Set<String>,
        in db: any SQLConnection, now: Int64
    ) throws {
        // Deleted meanwhile: nothing of it is kept then.
        guard try table.client(id: client.clientID, of: client.tenant, in: db) != nil else { return }
        let text = try JSONValueEncoder.encode(outcome).encodedText()
        _ = try FaceSessionTable().end(row.sessionID, outcome: text, in: db, now: now)
        try FacePictureTable().insertFrames(frames.sorted(), of: client.clientID, in: db, now: now)
    }

    // MARK: Enrolment

    private func enrol(
        _ row: FaceSession, _ user: FaceUserRow, _ client: FaceClient, _ models: FaceModels,
        _ combined: EnrolmentMachine.Combined, _ frames: Set<String>
    ) async throws -> SessionOutcome {
        let now = clock.now()
        let match = try await compareWithPhoto(combined.vector, user, client, models)
        var outcome = SessionOutcome(
            isSuccess: true, frames: frames.count, oldPhoto: match, liveness: .heuristic)
        if client.requiresPhotoMatch, match.state == .differs || match.state == .notReady {
            outcome.isSuccess = false
            outcome.reason = match.state == .differs ? "old_photo_differs" : "old_photo_not_ready"
            try await close(row, client, outcome, frames)
            return outcome
        }
        let template = FaceTemplate(
            templateID: Identifier.make(now: now), source: .session, sha256: nil, model: models.embedder.id,
            modelDigest: models.embedder.digest, quality: combined.quality, frames: combined.frames,
            liveness: .heuristic, createdAt: now)
        outcome.template = template
        let ended = outcome
        try await store.write { db in
            guard let user = try table.user(id: user.userID, of: client.tenant, in: db),
                let client = try table.client(id: client.clientID, of: client.tenant, in: db)
            else { throw FaceTable.missing("user") }
            try requireConsent(user.consent, of: client)
            // The old photo has done its work: from now on the person is known by the enrolment.
            try gallery.remove(table.templateIDs(ofUser: user.userID, source: .photo, in: db), in: db)
            try table.deleteTemplates(ofUser: user.userID, source: .photo, in: db)
            try table.invalidatePhoto(ofUser: user.userID, in: db)
            try gallery.remove(table.insertTemplate(template, ofUser: user.userID, in: db), in: db)
            try gallery.add(
                combined.vector, item: template.templateID, owner: user.userID, to: .templates, of: client,
                model: models.embedder, in: db, now: now)
            try write(ended, of: row, client, frames, in: db, now: now)
            try note(
                "enrol", client, user: user.userID, by: nil,
                [
                    "template_id": .string(template.templateID), "source": "session",
                    "session_id": .string(row.sessionID), "model": .string(models.embedder.id),
                ], in: db)
        }
        return outcome
    }

    private func compareWithPhoto(
        _ vector: [Float], _ user: FaceUserRow, _ client: FaceClient, _ models: FaceModels
    ) async throws -> OldPhotoMatch {
        let table = table
        let (photo, old) = try await store.read { db in
            let ids = try table.templates(ofUser: user.userID, in: db).filter {
                $0.source == .photo && $0.modelDigest == models.embedder.digest
            }.map(\.templateID)
            return (
                try table.user(id: user.userID, of: client.tenant, in: db)?.photo,
                try gallery.vectors(of: ids, .templates, of: client, model: models.embedder, in: db).values.first
            )
        }
        guard let photo, photo.state != .stale else { return OldPhotoMatch(state: .none) }
        guard photo.state != .noFace else { return OldPhotoMatch(state: .unusable) }
        guard let old else { return OldPhotoMatch(state: .notReady) }
        let similarity = FaceVector.cosine(vector, old)
        let threshold = models.thresholds.cosine
        return OldPhotoMatch(
            state: similarity >= threshold ? .matches : .differs, similarity: similarity, thresholdUsed: threshold)
    }

    // MARK: Verification

    private func verify(
        _ row: FaceSession, _ user: FaceUserRow, _ client: FaceClient, _ models: FaceModels, address: String?,
        _ combined: EnrolmentMachine.Combined, _ frames: Set<String>
    ) async throws -> SessionOutcome {
        let now = clock.now()
        let rows = try await store.read { db in
            try verifyRows(user, of: client, models, key: nil, address: address, in: db)
        }
        let place = try admit(rows)
        defer { withExtendedLifetime(place) {} }
        let threshold = try FaceThreshold(.model, models.thresholds)
        let compared = try score(combined.vector, rows, by: models.embedder, best: 3)
        let isVerified = !compared.isNegative && compared.similarity >= threshold.cosine
        try await countAttempt(rows, isVerified: isVerified, threshold, by: nil, kept: nil)
        let reply = VerifyReply(
            verified: isVerified, similarity: compared.similarity, thresholdUsed: threshold.cosine,
            fmrAtThreshold: threshold.fmr, fmrPairs: threshold.pairs, isNegative: compared.isNegative,
            compared: compared.count, model: models.embedder, detector: models.detector, liveness: .heuristic,
            isCached: false)
        let outcome = SessionOutcome(
            isSuccess: isVerified, reason: isVerified ? nil : "not_verified", frames: frames.count,
            verification: reply, liveness: .heuristic)
        try await store.write { db in try write(outcome, of: row, client, frames, in: db, now: now) }
        return outcome
    }
}

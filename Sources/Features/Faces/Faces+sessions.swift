import HearthCore
import HearthInference
import HearthJSON

import struct Foundation.Data

extension Faces {
    func sessionOperations() -> [Operation] {
        [
            Operation(
                .init(
                    "faces.sessions.create", "Begin an enrolment or a verification before a camera.",
                    description: """
                        Answers a token that opens the session once, within \
                        \(Limits.sessionLife.components.seconds) seconds, and the poses that the server wants to see. \
                        The template of the old photo is made meanwhile, if it is not there yet.
                        """,
                    permission: .write, hints: .adds,
                    routes: [Route(.post, "/api/clients/users/{external_user_id}/sessions")], successStatus: 201),
                input: CreateSession.self, output: NewSession.self, run: createSession),
            Operation(
                .init(
                    "faces.sessions.get", "Show a session, and how it has ended.",
                    description: """
                        The outcome has similarities, which the person before the camera is not told.
                        """,
                    permission: .read, hints: .reads, routes: [Route(.get, "/api/clients/sessions/{session_id}")]),
                input: SessionReference.self, output: ShownSession.self
            ) { input, context in try await shownSession(input.sessionID, context.tenant) },
            Operation(
                .init(
                    "faces.sessions.finish", "End a session: keep what it has gathered, or give it up.",
                    description: """
                        A session that has gathered enough makes its template, or is compared; any other ends \
                        without. One that has ended answers how.
                        """,
                    permission: .write, hints: .addsOnce,
                    routes: [
                        Route(.post, "/api/clients/sessions/{session_id}/finish"),
                        Route(.delete, "/api/clients/sessions/{session_id}"),
                    ]),
                input: SessionReference.self, output: ShownSession.self, run: finishSession),
        ]
    }

    private func createSession(_ input: CreateSession, _ context: OperationContext) async throws -> NewSession {
        let (table, tenant, now) = (table, context.tenant, clock.now())
        let purpose = input.purpose ?? .enrol
        let models = try await requireFinder().models(until: context.deadline)
        var generator = SystemRandomNumberGenerator()
        let challenge = FacePose.challenge(using: &generator)
        let token = (0..<4).map { _ in String(generator.next() | 1 << 63, radix: 16) }.joined()
        let (id, expires) = (Identifier.make(now: now), now + Limits.sessionLife.milliseconds)
        let taken = try await quotas?.take(TenantUsage(unfinishedJobs: 1), for: tenant)
        defer { withExtendedLifetime(taken) {} }
        let job = try await store.write { db in
            let client = try table.client(input.client, of: tenant, in: db)
            let user = try table.user(input.externalUserID, of: client, in: db)
            try requireConsent(user.consent, of: client)
            if purpose == .verify {
                _ = try verifyRows(user, of: client, models, key: nil, address: nil, in: db)
            }
            try FaceSessionTable().insert(
                id, user: user, of: client, purpose: purpose, challenge: challenge,
                tokenDigest: Self.digest(ofToken: token), expiresAt: expires, in: db, now: now)
            try note(
                "sessions.create", client, user: user.userID, by: context.principal,
                ["session_id": .string(id), "purpose": .string(purpose.rawValue)], in: db)
            // The first frame must not wait for it.
            return purpose == .enrol ? try preload(user, of: client, model: models.embedder.digest, in: db) : nil
        }
        return NewSession(
            sessionID: id, token: token, purpose: purpose, challenge: challenge, expiresAt: expires,
            maximumFrames: Limits.sessionFrames,
            framesPerSecond: Int(1_000 / Limits.framePause.milliseconds), photoJobID: job)
    }

    private static func digest(ofToken token: String) -> String { Digest256(of: Data(token.utf8)).hex }

    /// Opens a session for the connection that sends its frames; the token is used up by it.
    /// - Parameters:
    ///   - id: identifier of the session.
    ///   - token: as `faces.sessions.create` has answered it.
    ///   - address: where the camera is, for the limits of failed verifications; nil: unknown.
    ///   - now: when the connection was made.
    /// - Throws: ``HearthError`` `unauthorized` for a wrong token, `conflict` for one that was used and for a session
    ///   that is over, `overloaded` when too many are open, `not_found` without models.
    package func open(
        _ id: String, token: String, address: String?, at now: ContinuousClock.Instant
    ) async throws -> EnrolmentSession {
        let (table, time) = (table, clock.now())
        let models = try await requireFinder().models(until: now + Limits.frameDeadline)
        let found = try await store.read { db in
            try FaceSessionTable().find(id, tokenDigest: Self.digest(ofToken: token), in: db)
        }
        guard let row = found else {
            throw HearthError(.unauthorized, "The token opens no session.", hint: "Make a session and use its token.")
        }
        try sessions.requirePlace(of: row.tenant, at: now)
        let known = try await store.write { db -> (FaceClient, FaceUserRow) in
            guard time < row.expiresAt else { throw Self.over("The session has expired.", "expired") }
            guard try FaceSessionTable().open(id, in: db, now: time) else {
                throw Self.over("The token was used before.", "token_used")
            }
            guard let client = try table.client(id: row.clientID, of: row.tenant, in: db),
                let user = try table.user(id: row.userID, of: row.tenant, in: db)
            else { throw FaceTable.missing("session") }
            return (client, user)
        }
        let (client, user) = known
        let expires = now + .milliseconds(row.expiresAt - time)
        let machine = EnrolmentMachine(challenge: row.challenge, thresholds: models.thresholds, expires: expires)
        let session = EnrolmentSession(
            sessionID: id, machine: machine,
            EnrolmentSession.Surroundings(
                look: { picture in try await look(picture, client) },
                isKnown: { hash in try await isKnown(hash, session: id, client) },
                finish: { combined, end, frames in
                    await finish(row, user, client, models, address: address, combined, end, frames)
                }))
        sessions.add(session, of: client, expires: expires)
        return session
    }

    private static func over(_ message: String, _ reason: String) -> HearthError {
        HearthError(.conflict, message, hint: "Make another session.", details: ["reason": .string(reason)])
    }

    private func look(_ frame: Picture, _ client: FaceClient) async throws -> FoundFaces {
        var options = FaceOptions(tenant: client.tenant, deadline: .now + Limits.frameDeadline)
        options.maximumFaces = 2
        let finder = try requireFinder()
        return try await metrics.time(.faceFrame) { try await finder.faces(in: frame, options) }
    }

    private func isKnown(_ hash: String, session: String, _ client: FaceClient) async throws -> Bool {
        guard !sessions.isTaken(hash, by: session, of: client.clientID) else { return true }
        return try await store.read { db in try FacePictureTable().hasFrame(hash, of: client.clientID, in: db) }
    }

    // MARK: The end

    private func finishSession(_ input: SessionReference, _ context: OperationContext) async throws -> ShownSession {
        let (tenant, now) = (context.tenant, clock.now())
        if let session = sessions.find(input.sessionID, of: tenant) {
            _ = await session.end(at: .now)
            return try await shownSession(input.sessionID, tenant)
        }
        // One that no camera has opened, or whose process has ended.
        let outcome = SessionOutcome(
            isSuccess: false, reason: EnrolmentMachine.End.cancelled.rawValue, frames: 0, liveness: .none)
        let text = try JSONValueEncoder.encode(outcome).encodedText()
        try await store.write { db in
            guard try FaceSessionTable().find(input.sessionID, of: tenant, in: db) != nil else {
                throw FaceTable.missing("session")
            }
            _ = try FaceSessionTable().end(input.sessionID, outcome: text, in: db, now: now)
        }
        return try await shownSession(input.sessionID, tenant)
    }

    func shownSession(_ id: String, _ tenant: Tenant) async throws -> ShownSession {
        let (table, now) = (table, clock.now())
        return try await store.read { db in
            guard let row = try FaceSessionTable().find(id, of: tenant, in: db),
                let user = try table.user(id: row.userID, of: tenant, in: db)
            else { throw FaceTable.missing("session") }
            let state: ShownSession.State =
                if row.endedAt != nil { .ended } else if now >= row.expiresAt { .expired } else {
                    row.openedAt == nil ? .created : .open
                }
            return ShownSession(
                sessionID: row.sessionID, externalUserID: user.externalUserID, purpose: row.purpose,
                challenge: row.challenge, state: state, createdAt: row.createdAt, expiresAt: row.expiresAt,
                outcome: try row.outcome.map {
                    try JSONValueDecoder.read(SessionOutcome.self, from: JSONParser.read(Data($0.utf8)))
                })
        }
    }

    /// What a session for verifying has come to, in the place of a picture.
    func verification(
        ofSession id: String, user: FaceUserReference, _ context: OperationContext
    ) async throws -> VerifyReply {
        let tenant = context.tenant
        let (client, row) = try await known(user, context)
        let session = try await store.read { db in try FaceSessionTable().find(id, of: tenant, in: db) }
        guard let session, session.clientID == client.clientID, session.userID == row.userID,
            session.purpose == .verify
        else { throw FaceTable.missing("session for verifying this user") }
        guard let reply = try await shownSession(id, tenant).outcome?.verification else {
            throw HearthError(.conflict, "The session has not ended with a verification.")
        }
        return reply
    }
}

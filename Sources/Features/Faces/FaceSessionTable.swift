import HearthCore

/// The SQL of sessions.
struct FaceSessionTable: Sendable {
    func insert(
        _ id: String, user: FaceUserRow, of client: FaceClient, purpose: SessionPurpose, challenge: [FacePose],
        tokenDigest: String, expiresAt: Int64, in db: any SQLConnection, now: Int64
    ) throws {
        let open =
            try db.value(
                """
                SELECT COUNT(*) FROM face_sessions
                WHERE user_id = \(user.userID) AND ended_at IS NULL AND expires_at > \(now)
                """, as: Int.self) ?? 0
        guard open < Limits.sessionsOfUser else {
            throw HearthError(
                .rateLimited, "The user has \(open) sessions that have not ended.",
                hint: "End one, or wait until it has expired.",
                retryAfter: Int(Limits.sessionLife.components.seconds))
        }
        try db.execute(
            """
            INSERT INTO face_sessions (id, tenant, client_id, user_id, purpose, token_digest, challenge, created_at,
              expires_at)
            VALUES (\(id), \(client.tenant), \(client.clientID), \(user.userID), \(purpose), \(tokenDigest),
              \(challenge.map(\.rawValue).joined(separator: ",")), \(now), \(expiresAt))
            """)
    }

    func find(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> FaceSession? {
        try db.row(
            "SELECT \(FaceSession.columns) FROM face_sessions WHERE id = \(id) AND tenant = \(tenant)",
            as: FaceSession.self)
    }

    /// The session that a token opens; nil for a wrong one.
    func find(_ id: String, tokenDigest: String, in db: any SQLConnection) throws -> FaceSession? {
        try db.row(
            "SELECT \(FaceSession.columns) FROM face_sessions WHERE id = \(id) AND token_digest = \(tokenDigest)",
            as: FaceSession.self)
    }

    /// Uses the token up.
    /// - Returns: false when it was used before.
    func open(_ id: String, in db: any SQLConnection, now: Int64) throws -> Bool {
        try db.execute(
            """
            UPDATE face_sessions SET opened_at = \(now)
            WHERE id = \(id) AND opened_at IS NULL AND ended_at IS NULL
            """) > 0
    }

    /// - Returns: false when it has ended before, or is gone.
    func end(_ id: String, outcome: String, in db: any SQLConnection, now: Int64) throws -> Bool {
        try db.execute(
            """
            UPDATE face_sessions SET ended_at = \(now), outcome = \(outcome) WHERE id = \(id) AND ended_at IS NULL
            """) > 0
    }

    func prune(before time: Int64, limit: Int, in db: any SQLConnection) throws -> Int {
        try db.execute(
            """
            DELETE FROM face_sessions WHERE id IN
              (SELECT id FROM face_sessions WHERE created_at < \(time) LIMIT \(limit))
            """)
    }
}

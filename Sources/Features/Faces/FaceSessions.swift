import HearthCore

/// The sessions that are open in this process: so many at once, of one tenant fewer, and which of them is which.
struct FaceSessions: Sendable {
    private struct Entry {
        let session: EnrolmentSession
        let tenant: Tenant
        let client: String
        let expires: ContinuousClock.Instant
    }

    private struct State {
        var open: [String: Entry] = [:]
        var counts: [Tenant: Int] = [:]
        /// Hashes of frames that open sessions were sent, by client: their rows come with the sessions' ends.
        var frames: [String: [String: String]] = [:]

        mutating func remove(_ id: String) {
            guard let entry = open.removeValue(forKey: id) else { return }
            let left = counts[entry.tenant, default: 0] - 1
            counts[entry.tenant] = left > 0 ? left : nil
            let others = frames[entry.client]?.filter { $0.value != id } ?? [:]
            frames[entry.client] = others.isEmpty ? nil : others
        }
    }

    private let state = Locked(State())

    /// How many are open.
    var count: Int { state.withLock { $0.open.count } }

    /// - Throws: ``HearthError`` `overloaded` when as many are open as may be.
    func requirePlace(of tenant: Tenant, at now: ContinuousClock.Instant) throws(HearthError) {
        let isFree = state.withLock { state in
            // Whose connection has gone without an end holds no place for longer than its time.
            for (id, entry) in state.open where entry.expires < now { state.remove(id) }
            return state.open.count < Limits.openSessions
                && state.counts[tenant, default: 0] < Limits.openSessionsOfTenant
        }
        guard isFree else {
            throw HearthError(
                .overloaded, "Too many sessions are open.", hint: "Try again in a moment.", retryAfter: 5)
        }
    }

    func add(
        _ session: EnrolmentSession, of client: FaceClient, expires: ContinuousClock.Instant
    ) {
        let entry = Entry(session: session, tenant: client.tenant, client: client.clientID, expires: expires)
        state.withLock { state in
            state.open[session.sessionID] = entry
            state.counts[entry.tenant, default: 0] += 1
        }
    }

    func find(_ id: String, of tenant: Tenant) -> EnrolmentSession? {
        state.withLock { state in state.open[id].flatMap { $0.tenant == tenant ? $0.session : nil } }
    }

    /// A session has ended.
    func remove(_ id: String) { state.withLock { $0.remove(id) } }

    /// Notes that an open session was sent a frame.
    /// - Returns: whether another open session of the client was sent it before.
    func isTaken(_ hash: String, by session: String, of client: String) -> Bool {
        state.withLock { state in
            if let other = state.frames[client]?[hash], other != session { return true }
            state.frames[client, default: [:]][hash] = session
            return false
        }
    }
}

/// A session as its row says it is.
struct FaceSession: Sendable, SQLDecodable {
    let sessionID: String
    let tenant: Tenant
    let clientID: String
    let userID: String
    let purpose: SessionPurpose
    let challenge: [FacePose]
    let createdAt: Int64
    let expiresAt: Int64
    let openedAt: Int64?
    let endedAt: Int64?
    /// As JSON; nil before the end.
    let outcome: String?

    static let columns: SQL = """
        id, tenant, client_id, user_id, purpose, challenge, created_at, expires_at, opened_at, ended_at, outcome
        """

    init(row: inout SQLRow) throws {
        sessionID = try row.next()
        tenant = try row.next()
        clientID = try row.next()
        userID = try row.next()
        purpose = try row.next()
        challenge = try row.next(String.self).split(separator: ",").compactMap { FacePose(rawValue: String($0)) }
        createdAt = try row.next()
        expiresAt = try row.next()
        openedAt = try row.next()
        endedAt = try row.next()
        outcome = try row.next()
    }
}

extension SessionPurpose: SQLColumn {}

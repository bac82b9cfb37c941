import HearthCore
import HearthInference

/// The faces of pictures that a client has shown before: in memory for a moment, sealed in rows for longer.
///
/// What is kept is by the picture's hash, and by the models that have read it: another model reads it again.
struct FacePictures: Sendable {
    private struct Key: Hashable {
        let client: String
        let sha256: String
        let reader: String
    }

    private struct Entry {
        let seen: SeenFaces
        let expires: ContinuousClock.Instant
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        /// In the order of their coming; the oldest leave first.
        var order: [Key] = []
        var first = 0
    }

    private let store: any Store
    private let keys: SealKeys?
    private let clock: any WallClock
    private let state = Locked(State())
    private let table = FacePictureTable()

    init(store: any Store, keys: SealKeys?, clock: any WallClock) {
        self.store = store
        self.keys = keys
        self.clock = clock
    }

    /// What has read a picture: two that differ here never share an answer.
    static func reader(_ models: FaceModels) -> String { "\(models.detector.digest)+\(models.embedder.digest)" }

    /// The faces of a picture, if the client has shown it before.
    func find(_ sha256: String, of client: FaceClient, by models: FaceModels) async throws -> SeenFaces? {
        let key = Key(client: client.clientID, sha256: sha256, reader: Self.reader(models))
        let now = ContinuousClock.now
        if let entry = state.withLock({ $0.entries[key] }), entry.expires > now { return entry.seen }
        let (table, keys, since) = (table, keys, clock.now() - Limits.facesInRowsAge.milliseconds)
        let sealed = try await store.read { db -> SeenFaces? in
            guard let sealed = try table.sealed(key.sha256, reader: key.reader, of: client, since: since, in: db) else {
                return nil
            }
            return try SeenFaces(
                encoded: keys.required().open(sealed, scope: client.sealScope, context: Self.context(key), in: db))
        }
        if let sealed { remember(sealed, key) }
        return sealed
    }

    /// Keeps the faces of a picture; in the caller's transaction, so that what is deleted does not come back.
    /// - Parameter user: whose face it is, when that is known: what is kept is deleted with the user.
    func keep(
        _ picture: ReadPicture, of client: FaceClient, user: String?, in db: any SQLConnection
    ) throws {
        let key = Key(client: client.clientID, sha256: picture.sha256, reader: Self.reader(picture.models))
        guard !picture.isCached else {
            if let user { try table.setUser(user, of: key.sha256, reader: key.reader, client: client, in: db) }
            return
        }
        let sealed = try keys.required().seal(
            picture.seen.encoded(), scope: client.sealScope, tenant: client.tenant, context: Self.context(key), in: db)
        try table.insert(
            sealed, sha256: key.sha256, reader: key.reader, user: user, client: client, in: db, now: clock.now())
        let (pictures, seen) = (self, picture.seen)
        db.afterCommit { pictures.remember(seen, key) }
    }

    /// Forgets what is in memory of a client: some of it is deleted.
    func forget(_ client: String) {
        state.withLock { state in
            state.entries = state.entries.filter { $0.key.client != client }
            state.order = state.order[state.first...].filter { $0.client != client }
            state.first = 0
        }
    }

    private func remember(_ seen: SeenFaces, _ key: Key) {
        let expires = ContinuousClock.now + Limits.facesInMemoryAge
        state.withLock { state in
            if state.entries.updateValue(Entry(seen: seen, expires: expires), forKey: key) == nil {
                state.order.append(key)
            }
            while state.entries.count > Limits.facesInMemory, state.first < state.order.count {
                state.entries[state.order[state.first]] = nil
                state.first += 1
            }
            // The places of those that have left are given back now and then, and not one by one.
            if state.first > Limits.facesInMemory {
                state.order.removeFirst(state.first)
                state.first = 0
            }
        }
    }

    private static func context(_ key: Key) -> String { "picture:\(key.sha256):\(key.reader)" }
}

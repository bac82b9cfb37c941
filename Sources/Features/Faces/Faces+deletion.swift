import HearthCore
import HearthJSON
import HearthJobs

/// Deletes users at once and clients in steps: a client is hidden and its keys are destroyed by one transaction, and
/// short ones remove its rows and files.
extension Faces: StepwiseDeletion {
    /// Removes some rows and files of one album or client that is being deleted.
    /// - Returns: whether there may be more.
    package func step() async throws -> Bool {
        let table = table
        if let album = try await store.read({ db in try FaceAlbumTable().deleting(in: db) }) {
            _ = try await stepOfAlbum(album)
            return true
        }
        guard let client = try await store.read({ db in try table.deletingClient(in: db) }) else { return false }
        _ = try await step(of: client)
        return true
    }

    private func step(of client: FaceClient) async throws -> Bool {
        let (table, keys) = (table, try keys.required())
        let (paths, isLast) = try await store.remove { db in
            try table.deleteSome(of: client, in: db) { user in
                _ = try keys.destroy(scope: FaceClient.sealScope(of: client.clientID, user: user), in: db)
            }
        }
        // Files without a row: should this fail, the sweeper takes them.
        try await blobs.remove(paths)
        return !isLast
    }

    // MARK: Clients

    func deleteClient(_ input: FaceClientReference, _ context: OperationContext) async throws -> FaceReceipt {
        let (table, keys, gallery, now) = (table, try keys.required(), gallery, clock.now())
        // Counted by reading: it looks at all rows of the client.
        let counts = try await store.read { db in
            let client = try table.client(input.client, of: context.tenant, in: db)
            return try table.receipt(of: client, vectors: gallery.count(of: client, in: db), in: db)
        }
        let (client, receipt) = try await store.remove { db in
            let client = try table.client(input.client, of: context.tenant, in: db)
            try table.hide(client, in: db, now: now)
            var receipt = counts
            // The keys of photos go with their users; that of the templates goes now.
            receipt.keys += try keys.destroy(scope: client.sealScope, in: db) ? 1 : 0
            try gallery.removeAll(of: client, in: db, now: now)
            try note("clients.delete", client, by: context.principal, receipt.json, in: db)
            return (client, receipt)
        }
        pictures.forget(client.clientID)
        var (done, isMore) = (receipt, true)
        for _ in 0..<Limits.stepsAtOnce where isMore { isMore = try await step(of: client) }
        done.isFinished = !isMore
        return done
    }

    // MARK: Users

    func deleteUser(_ input: FaceUserReference, _ context: OperationContext) async throws -> FaceReceipt {
        let (table, keys, gallery, queue, tenant) = (table, try keys.required(), gallery, queue, context.tenant)
        let (client, receipt, path) = try await store.remove { db -> (FaceClient, FaceReceipt, String?) in
            let client = try table.client(input.client, of: tenant, in: db)
            let user = try table.user(input.externalUserID, of: client, in: db)
            let templates = try table.templateIDs(ofUser: user.userID, in: db)
            let negatives = try table.negativeIDs(ofUser: user.userID, in: db)
            if let job = user.photo?.jobID, user.photo?.state == .waiting {
                try queue.cancelUnfinished(job, of: tenant, in: db)
            }
            try gallery.remove(templates + negatives, in: db)
            let caches = try FacePictureTable().delete(ofUser: user.userID, in: db)
            let isDestroyed = try keys.destroy(
                scope: FaceClient.sealScope(of: client.clientID, user: user.userID), in: db)
            try AttemptTable().forget(["user:\(user.userID)"], of: tenant, in: db)
            let rows = try table.deleteUser(user.userID, in: db)
            let receipt = FaceReceipt(
                deleted: user.userID, users: 1, rows: rows, files: user.photoPath == nil ? 0 : 1,
                vectors: templates.count + negatives.count, caches: caches, keys: isDestroyed ? 1 : 0,
                isFinished: true)
            try note("users.delete", client, user: user.userID, by: context.principal, receipt.json, in: db)
            return (client, receipt, user.photoPath)
        }
        pictures.forget(client.clientID)
        if let path { try await blobs.remove(path) }
        return receipt
    }
}

extension FaceTable {
    /// Deletes a user's rows.
    /// - Returns: how many, those of templates and sessions among them.
    func deleteUser(_ id: String, in db: any SQLConnection) throws -> Int {
        let below = try ["face_templates", "face_negatives", "face_sessions"].reduce(0) { sum, table in
            try sum + db.execute("DELETE FROM \(verbatim: table) WHERE user_id = \(id)")
        }
        return try below + db.execute("DELETE FROM face_users WHERE id = \(id)")
    }

    /// Hides a client for good; its name is free again.
    func hide(_ client: FaceClient, in db: any SQLConnection, now: Int64) throws {
        // No name has a slash.
        try db.execute(
            """
            UPDATE face_clients SET deleting_since = \(now), name = '/' || id
            WHERE id = \(client.clientID) AND deleting_since IS NULL
            """)
    }

    /// A client that is being deleted; nil when there is none.
    func deletingClient(in db: any SQLConnection) throws -> FaceClient? {
        try db.row(
            """
            SELECT \(FaceClient.columns) FROM face_clients c WHERE c.deleting_since IS NOT NULL ORDER BY c.id LIMIT 1
            """, as: FaceClient.self)
    }

    /// How much a client has of what.
    func receipt(of client: FaceClient, vectors: Int, in db: any SQLConnection) throws -> FaceReceipt {
        let id = client.clientID
        func count(_ statement: SQL) throws -> Int { try db.value(statement, as: Int.self) ?? 0 }
        let users = try count("SELECT COUNT(*) FROM face_users WHERE client_id = \(id)")
        let photos = try count("SELECT COUNT(*) FROM face_users WHERE client_id = \(id) AND photo_path IS NOT NULL")
        let albums = try count("SELECT COUNT(*) FROM face_albums WHERE client_id = \(id)")
        let albumPhotos = try count(
            """
            SELECT COUNT(*) FROM face_albums a JOIN face_album_photos p ON p.album_id = a.id WHERE a.client_id = \(id)
            """)
        let below = try ["face_templates", "face_negatives"].reduce(0) { sum, table in
            try sum
                + count(
                    """
                    SELECT COUNT(*) FROM face_users u JOIN \(verbatim: table) t ON t.user_id = u.id
                    WHERE u.client_id = \(id)
                    """)
        }
        let sessions = try count("SELECT COUNT(*) FROM face_sessions WHERE client_id = \(id)")
        let caches = try FacePictureTable().count(ofClient: id, in: db)
        return FaceReceipt(
            deleted: id, users: users, rows: 1 + users + below + sessions + albums + albumPhotos,
            files: photos + albumPhotos, vectors: vectors, caches: caches, keys: photos, isFinished: false)
    }

    /// One step of a client's deletion.
    /// - Parameter forget: called with the identifier of each user that goes.
    /// - Returns: paths of files that have no rows any more, and whether the client is gone.
    func deleteSome(
        of client: FaceClient, in db: any SQLConnection, forget: (String) throws -> Void
    ) throws -> (paths: [String], isLast: Bool) {
        let (id, limit) = (client.clientID, Limits.stepAnchors)
        let photos = try db.values(
            """
            DELETE FROM face_album_photos WHERE id IN
              (SELECT p.id FROM face_albums a JOIN face_album_photos p ON p.album_id = a.id
               WHERE a.client_id = \(id) LIMIT \(limit))
            RETURNING path
            """, as: String.self)
        guard photos.isEmpty else { return (photos, false) }
        let users = try db.rows(
            "SELECT id, photo_path FROM face_users WHERE client_id = \(id) LIMIT \(limit)"
        ) { row in (id: try row.next(String.self), path: try row.next(String?.self)) }
        for user in users {
            try forget(user.id)
            try AttemptTable().forget(["user:\(user.id)"], of: client.tenant, in: db)
            _ = try deleteUser(user.id, in: db)
        }
        guard users.isEmpty else { return (users.compactMap(\.path), false) }
        for table in ["face_pictures", "face_frames"] {
            let count = try db.execute(
                """
                DELETE FROM \(verbatim: table) WHERE client_id = \(id) AND sha256 IN
                  (SELECT sha256 FROM \(verbatim: table) WHERE client_id = \(id) LIMIT \(limit))
                """)
            guard count == 0 else { return ([], false) }
        }
        try db.execute("DELETE FROM face_clients WHERE id = \(id) AND deleting_since IS NOT NULL")
        return ([], true)
    }
}

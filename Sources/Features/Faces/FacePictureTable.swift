import HearthCore

import struct Foundation.Data

/// The SQL of pictures that were seen before, and of the hashes of frames.
struct FacePictureTable: Sendable {
    func sealed(
        _ sha256: String, reader: String, of client: FaceClient, since time: Int64, in db: any SQLConnection
    ) throws -> Data? {
        try db.value(
            """
            SELECT sealed FROM face_pictures
            WHERE client_id = \(client.clientID) AND sha256 = \(sha256) AND reader = \(reader) AND created_at >= \(time)
            """, as: Data.self)
    }

    func insert(
        _ sealed: Data, sha256: String, reader: String, user: String?, client: FaceClient, in db: any SQLConnection,
        now: Int64
    ) throws {
        try db.execute(
            """
            INSERT INTO face_pictures (client_id, sha256, reader, user_id, sealed, bytes, created_at)
            VALUES (\(client.clientID), \(sha256), \(reader), \(user), \(sealed), \(sealed.count), \(now))
            ON CONFLICT (client_id, sha256, reader) DO UPDATE SET sealed = excluded.sealed,
              user_id = COALESCE(face_pictures.user_id, excluded.user_id), bytes = excluded.bytes,
              created_at = excluded.created_at
            """)
    }

    /// Notes whose face it is; of a picture that belongs to a user already nothing changes.
    func setUser(
        _ user: String, of sha256: String, reader: String, client: FaceClient, in db: any SQLConnection
    ) throws {
        try db.execute(
            """
            UPDATE face_pictures SET user_id = \(user)
            WHERE client_id = \(client.clientID) AND sha256 = \(sha256) AND reader = \(reader) AND user_id IS NULL
            """)
    }

    /// - Returns: how many there were.
    func delete(ofUser user: String, in db: any SQLConnection) throws -> Int {
        try db.execute("DELETE FROM face_pictures WHERE user_id = \(user)")
    }

    func count(ofClient client: String, in db: any SQLConnection) throws -> Int {
        try db.value("SELECT COUNT(*) FROM face_pictures WHERE client_id = \(client)", as: Int.self) ?? 0
    }

    /// Deletes what is older than a time, and of each client what is more than may be kept; a bounded number at once.
    /// - Returns: how many.
    func prune(before time: Int64, limit: Int, in db: any SQLConnection) throws -> Int {
        try db.execute(
            """
            DELETE FROM face_pictures WHERE (client_id, sha256, reader) IN
              (SELECT client_id, sha256, reader FROM face_pictures WHERE created_at < \(time) LIMIT \(limit))
            """)
    }

    /// The time before which a client's pictures are too many; nil when they are not.
    func surplusTime(ofClient client: String, in db: any SQLConnection) throws -> Int64? {
        try db.value(
            """
            SELECT created_at FROM face_pictures WHERE client_id = \(client)
            ORDER BY created_at DESC LIMIT 1 OFFSET \(Limits.facesInRows)
            """, as: Int64.self)
    }

    /// Deletes a client's pictures up to a time, a bounded number at once.
    func prune(ofClient client: String, upTo time: Int64, limit: Int, in db: any SQLConnection) throws -> Int {
        try db.execute(
            """
            DELETE FROM face_pictures WHERE (client_id, sha256, reader) IN
              (SELECT client_id, sha256, reader FROM face_pictures
               WHERE client_id = \(client) AND created_at <= \(time) LIMIT \(limit))
            """)
    }

    // MARK: Frames of sessions

    /// Whether a client has been sent this frame before.
    func hasFrame(_ sha256: String, of client: String, in db: any SQLConnection) throws -> Bool {
        try db.exists("SELECT 1 FROM face_frames WHERE client_id = \(client) AND sha256 = \(sha256)")
    }

    func insertFrames(_ hashes: [String], of client: String, in db: any SQLConnection, now: Int64) throws {
        for hash in hashes {
            try db.execute(
                """
                INSERT INTO face_frames (client_id, sha256, seen_at) VALUES (\(client), \(hash), \(now))
                ON CONFLICT (client_id, sha256) DO NOTHING
                """)
        }
    }

    func pruneFrames(before time: Int64, limit: Int, in db: any SQLConnection) throws -> Int {
        try db.execute(
            """
            DELETE FROM face_frames WHERE (client_id, sha256) IN
              (SELECT client_id, sha256 FROM face_frames WHERE seen_at < \(time) LIMIT \(limit))
            """)
    }
}

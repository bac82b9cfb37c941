import HearthCore
import HearthInference
import HearthJSON

import struct Foundation.Data

/// The SQL of albums, their photos and faces.
struct FaceAlbumTable: Sendable {
    /// A face of a photo.
    struct Face: Sendable, SQLDecodable {
        let faceID: String
        let photoID: String
        let region: PictureRegion
        let quality: Double

        static let columns: SQL = "f.id, f.photo_id, f.region, f.quality"

        init(row: inout SQLRow) throws {
            faceID = try row.next()
            photoID = try row.next()
            region = try JSONValueDecoder.read(
                PictureRegion.self, from: JSONParser.read(Data(row.next(String.self).utf8)))
            quality = try row.next()
        }
    }

    private static let columns: SQL = """
        a.id, a.name, (SELECT COUNT(*) FROM face_album_photos p WHERE p.album_id = a.id),
          (SELECT COUNT(*) FROM face_album_photos p WHERE p.album_id = a.id AND p.state = 'waiting'), a.created_at
        """

    private static func read(_ row: inout SQLRow) throws -> FaceAlbum {
        FaceAlbum(
            albumID: try row.next(), name: try row.next(), photos: try row.next(), pending: try row.next(),
            createdAt: try row.next())
    }

    // MARK: Albums

    /// - Throws: ``HearthError`` `conflict` for a name that the client has, or too many albums.
    func insert(_ id: String, _ name: String, of client: FaceClient, in db: any SQLConnection, now: Int64) throws {
        let count =
            try db.value(
                "SELECT COUNT(*) FROM face_albums WHERE client_id = \(client.clientID)", as: Int.self) ?? 0
        guard count < Limits.albumsOfClient else {
            throw HearthError(.conflict, "There are \(count) albums.", hint: "A client has at most that many.")
        }
        do {
            try db.execute(
                """
                INSERT INTO face_albums (id, tenant, client_id, name, created_at)
                VALUES (\(id), \(client.tenant), \(client.clientID), \(name), \(now))
                """)
        } catch let error as StoreConstraintError where error.kind == .unique {
            throw HearthError(.conflict, "There is an album named \"\(name)\" already.")
        }
    }

    /// - Throws: ``HearthError`` `not_found`, also for what is another client's.
    func album(_ id: String, of client: FaceClient, in db: any SQLConnection) throws -> FaceAlbum {
        let album = try db.row(
            """
            SELECT \(Self.columns) FROM face_albums a
            WHERE a.id = \(id) AND a.client_id = \(client.clientID) AND a.deleting_since IS NULL
            """, Self.read)
        guard let album else { throw FaceTable.missing("album") }
        return album
    }

    func albums(_ page: PageRequest, of client: FaceClient, in db: any SQLConnection) throws -> Page<FaceAlbum> {
        let rows = try db.rows(
            """
            SELECT \(Self.columns) FROM face_albums a
            WHERE a.client_id = \(client.clientID) AND a.deleting_since IS NULL AND a.id < \(page.before)
            ORDER BY a.id DESC LIMIT \(page.limit + 1)
            """, Self.read)
        return Page(rows: rows, limit: page.limit, cursor: \.albumID)
    }

    /// Hides an album; its name is free again.
    func hide(_ id: String, in db: any SQLConnection, now: Int64) throws {
        try db.execute(
            "UPDATE face_albums SET deleting_since = \(now), name = '/' || id WHERE id = \(id)")
    }

    /// An album that is being deleted; nil when there is none.
    func deleting(in db: any SQLConnection) throws -> String? {
        try db.value(
            "SELECT id FROM face_albums WHERE deleting_since IS NOT NULL ORDER BY id LIMIT 1", as: String.self)
    }

    /// One step of an album's deletion.
    /// - Returns: paths of files and vectors that have no rows any more, and whether the album is gone.
    func deleteSome(
        of album: String, in db: any SQLConnection
    ) throws -> (paths: [String], faces: [String], isLast: Bool) {
        let photos = try db.values(
            "SELECT id FROM face_album_photos WHERE album_id = \(album) LIMIT \(Limits.stepAnchors)", as: String.self)
        guard !photos.isEmpty else {
            try db.execute("DELETE FROM face_albums WHERE id = \(album) AND deleting_since IS NOT NULL")
            return ([], [], true)
        }
        let (paths, faces) = try deletePhotos(photos, in: db)
        return (paths, faces, false)
    }

    // MARK: Photos

    func findPhoto(sha256: String, of album: String, in db: any SQLConnection) throws -> AlbumPhoto? {
        try db.row(
            """
            SELECT \(AlbumPhoto.columns) FROM face_album_photos p
            WHERE p.album_id = \(album) AND p.sha256 = \(sha256)
            """, as: AlbumPhoto.self)
    }

    /// A photo as its job needs it; nil when it is gone, or another tenant's.
    func photo(
        _ id: String, of tenant: Tenant, in db: any SQLConnection
    ) throws -> (clientID: String, albumID: String, path: String, state: AlbumPhoto.State)? {
        try db.row(
            """
            SELECT a.client_id, a.id, p.path, p.state FROM face_album_photos p JOIN face_albums a ON a.id = p.album_id
            WHERE p.id = \(id) AND a.tenant = \(tenant) AND a.deleting_since IS NULL
            """
        ) { row in
            (clientID: try row.next(), albumID: try row.next(), path: try row.next(), state: try row.next())
        }
    }

    func insert(_ photo: AlbumPhoto, path: String, of album: FaceAlbum, in db: any SQLConnection) throws {
        guard album.photos < Limits.photosOfAlbum else {
            throw HearthError(
                .conflict, "The album has \(album.photos) photos.", hint: "An album has at most that many.")
        }
        try db.execute(
            """
            INSERT INTO face_album_photos (id, album_id, name, path, sha256, bytes, format, width, height, state,
              job_id, created_at)
            VALUES (\(photo.photoID), \(album.albumID), \(photo.name), \(path), \(photo.sha256), \(photo.bytes),
              \(photo.format), \(photo.width), \(photo.height), \(photo.state), \(photo.jobID), \(photo.createdAt))
            """)
    }

    func photos(_ page: PageRequest, of album: FaceAlbum, in db: any SQLConnection) throws -> Page<AlbumPhoto> {
        try db.page(
            page, of: "SELECT \(AlbumPhoto.columns) FROM face_album_photos p WHERE p.album_id = \(album.albumID)",
            by: "p.id", cursor: \AlbumPhoto.photoID)
    }

    func names(ofPhotos ids: [String], in db: any SQLConnection) throws -> [String: String?] {
        let rows = try db.rows("SELECT id, name FROM face_album_photos WHERE id IN \(list: ids)") { row in
            (try row.next(String.self), try row.next(String?.self))
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// Deletes photos with their faces.
    /// - Returns: paths of files, and faces whose vectors are to be removed.
    func deletePhotos(_ ids: [String], in db: any SQLConnection) throws -> (paths: [String], faces: [String]) {
        let faces = try db.values(
            "SELECT id FROM face_album_faces WHERE photo_id IN \(list: ids)", as: String.self)
        let paths = try db.values(
            "DELETE FROM face_album_photos WHERE id IN \(list: ids) RETURNING path", as: String.self)
        return (paths, faces)
    }

    /// Notes that a photo was read.
    /// - Returns: false when it is gone, or was read before.
    func end(
        _ id: String, _ state: AlbumPhoto.State, failure: String?, in db: any SQLConnection
    ) throws -> Bool {
        try db.execute(
            """
            UPDATE face_album_photos SET state = \(state), failure = \(failure) WHERE id = \(id) AND state = 'waiting'
            """) > 0
    }

    // MARK: Faces

    func insertFace(
        _ id: String, of photo: String, _ region: PictureRegion, quality: Double, model digest: String,
        in db: any SQLConnection
    ) throws {
        try db.execute(
            """
            INSERT INTO face_album_faces (id, photo_id, region, quality, model_digest)
            VALUES (\(id), \(photo), \(try JSONValueEncoder.encode(region).encodedText()), \(quality), \(digest))
            """)
    }

    func faces(_ ids: [String], in db: any SQLConnection) throws -> [String: Face] {
        let faces = try db.rows(
            "SELECT \(Face.columns) FROM face_album_faces f WHERE f.id IN \(list: ids)", as: Face.self)
        return Dictionary(uniqueKeysWithValues: faces.map { ($0.faceID, $0) })
    }

    /// An album's faces by one model, in the order of their identifiers.
    func faces(
        ofAlbum album: String, model digest: String, limit: Int, in db: any SQLConnection
    ) throws -> [Face] {
        try db.rows(
            """
            SELECT \(Face.columns) FROM face_album_photos p JOIN face_album_faces f ON f.photo_id = p.id
            WHERE p.album_id = \(album) AND f.model_digest = \(digest) ORDER BY f.id LIMIT \(limit)
            """, as: Face.self)
    }
}

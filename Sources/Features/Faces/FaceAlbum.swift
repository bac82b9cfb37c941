import HearthCore
import HearthJSON

/// A set of photos in which people are looked for.
struct FaceAlbum: Sendable, Codable, SchemaDescribed {
    var albumID: String
    var name: String
    var photos: Int
    /// Photos whose faces are not known yet.
    var pending: Int
    var createdAt: Int64

    static let fields = [
        "album_id": FieldNote("Identifier, UUIDv7."),
        "name": FieldNote("Unique within the client."),
        "pending": FieldNote("Photos whose faces are not known yet."),
        "created_at": FieldNote("Milliseconds since 1970."),
    ]
}

/// A photo of an album.
struct AlbumPhoto: Sendable, Codable, SchemaDescribed {
    /// How far the reading of its faces is.
    enum State: String, Sendable, Codable, CaseIterable {
        /// A job is to read it. Can become: read, failed.
        case waiting
        /// Its faces are known. Stays so.
        case read
        /// It can never be read. Stays so.
        case failed
    }

    var photoID: String
    var name: String?
    var sha256: String
    var bytes: Int
    var format: String
    var width: Int
    var height: Int
    var state: State
    var failure: String?
    var jobID: String
    var createdAt: Int64

    static let fields = [
        "photo_id": FieldNote("Identifier, UUIDv7."), "name": FieldNote("Your own name for it."),
        "state": FieldNote("`waiting`, `read` or `failed`."), "failure": FieldNote("Why it cannot be read."),
        "job_id": FieldNote("The job that reads its faces."), "created_at": FieldNote("Milliseconds since 1970."),
    ]
}

extension AlbumPhoto.State: SQLColumn {}

extension AlbumPhoto: SQLDecodable {
    /// Of a table `face_album_photos p`.
    static let columns: SQL = """
        p.id, p.name, p.sha256, p.bytes, p.format, p.width, p.height, p.state, p.failure, p.job_id, p.created_at
        """

    init(row: inout SQLRow) throws {
        photoID = try row.next()
        name = try row.next()
        sha256 = try row.next()
        bytes = try row.next()
        format = try row.next()
        width = try row.next()
        height = try row.next()
        state = try row.next()
        failure = try row.next()
        jobID = try row.next()
        createdAt = try row.next()
    }
}

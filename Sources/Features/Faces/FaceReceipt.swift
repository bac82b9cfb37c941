import HearthCore
import HearthJSON

/// What a deletion has removed, or removes from now on.
struct FaceReceipt: Sendable, Codable, Equatable, SchemaDescribed {
    /// Identifier of what was deleted.
    var deleted: String
    var users: Int
    var rows: Int
    var files: Int
    var vectors: Int
    /// Seen pictures that were kept.
    var caches: Int
    /// Keys that were destroyed: what they have sealed can be opened nowhere.
    var keys: Int
    /// Whether all of it is gone already; otherwise it is removed step by step, and hidden meanwhile.
    var isFinished: Bool

    static let fields = [
        "deleted": FieldNote("Identifier of what was deleted."), "users": FieldNote("Users."),
        "rows": FieldNote("Rows, those of users, templates, sessions and albums."),
        "files": FieldNote("Photos."), "vectors": FieldNote("Vectors of faces."),
        "caches": FieldNote("Pictures that were seen before, whose faces were kept."),
        "keys": FieldNote("Keys that were destroyed: what they have sealed can be opened nowhere, not in a backup."),
        "is_finished": FieldNote("False: rows are removed step by step from now on, and no call finds them."),
    ]

    /// For the audit log.
    var json: JSONObject {
        [
            "users": .int(Int64(users)), "rows": .int(Int64(rows)), "files": .int(Int64(files)),
            "vectors": .int(Int64(vectors)), "caches": .int(Int64(caches)), "keys": .int(Int64(keys)),
        ]
    }
}

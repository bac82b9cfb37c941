import HearthCore
import HearthJSON

/// A picture that shows what a character looks like.
struct Anchor: Sendable, Codable, SchemaDescribed {
    var anchorID: String
    var characterID: String
    var projectID: String
    var role: AnchorRole
    /// Relative to the data folder.
    var path: String
    /// Relative to the server.
    var url: String
    var sha256: String
    var bytes: Int
    var format: String
    var width: Int
    var height: Int
    /// The job that extracts, or extracted, its vector.
    var jobID: String
    /// Whether recall finds it.
    var isRemembered: Bool
    var createdAt: Int64

    static let fields = [
        "anchor_id": FieldNote("Identifier, UUIDv7."),
        "path": FieldNote("File below the data folder."),
        "url": FieldNote("Where the picture is read, relative to the server."),
        "sha256": FieldNote("Of the bytes as they were sent."),
        "width": FieldNote("Pixels, as the file's header says."),
        "height": FieldNote("Pixels, as the file's header says."),
        "is_remembered": FieldNote("Whether recall finds it by now."),
        "created_at": FieldNote("Milliseconds since 1970."),
    ]
}

/// Which view of the character a picture is.
enum AnchorRole: String, Sendable, Codable, CaseIterable {
    case primary, front, side, back, face, expression, outfit, pose
}

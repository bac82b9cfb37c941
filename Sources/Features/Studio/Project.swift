import HearthCore
import HearthJSON

/// A project: a world of characters, searched on its own.
struct Project: Sendable, Codable, SchemaDescribed {
    var projectID: String
    var name: String
    /// Identifier of the preset of requests that name none.
    var style: String
    var characterCount: Int
    var createdAt: Int64

    static let fields = [
        "project_id": FieldNote("Identifier, UUIDv7."),
        "name": FieldNote("Unique within the tenant; case does not matter."),
        "style": FieldNote("Style preset of requests that name none."),
        "character_count": FieldNote("Characters in the project."),
        "created_at": FieldNote("Milliseconds since 1970."),
    ]
}

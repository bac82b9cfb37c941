import HearthCore
import HearthJSON

/// A character of a project.
struct StudioCharacter: Sendable, Codable, SchemaDescribed {
    var characterID: String
    var projectID: String
    var name: String
    var description: String?
    var anchorCount: Int
    /// Anchors whose vectors are ready for recall.
    var rememberedCount: Int
    var createdAt: Int64

    static let fields = [
        "character_id": FieldNote("Identifier, UUIDv7."),
        "name": FieldNote("Unique within the project; case does not matter."),
        "anchor_count": FieldNote("Pictures registered for the character."),
        "remembered_count": FieldNote("Pictures whose vectors are ready for recall."),
        "created_at": FieldNote("Milliseconds since 1970."),
    ]
}

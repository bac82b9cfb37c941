import HearthCore
import HearthJSON

/// A character's bible as it is, or as it was: the output of the operations about it.
struct CharacterBible: Sendable, Codable, SchemaDescribed {
    var characterID: String
    var projectID: String
    var name: String
    var handle: String
    var description: String?
    /// 0 while nothing was ever written.
    var version: Int
    var change: BibleVersion.Change?
    var note: String?
    var changedBy: String?
    var changedAt: Int64?
    /// Its fields stand beside those above.
    var bible: Bible
    /// Pictures of the character, the oldest first.
    var pictures: [BiblePicture]

    private enum CodingKeys: CodingKey {
        case characterID, projectID, name, handle, description, version, change, note, changedBy, changedAt, pictures
    }

    init(_ character: StudioCharacter, _ stored: StudioTable.StoredBible, pictures: [BiblePicture]) {
        characterID = character.characterID
        projectID = character.projectID
        name = character.name
        handle = character.handle
        description = character.description
        version = stored.version?.version ?? 0
        change = stored.version?.change
        note = stored.version?.note
        changedBy = stored.version?.changedBy
        changedAt = stored.version?.changedAt
        bible = stored.bible
        self.pictures = pictures
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        characterID = try fields.decode(String.self, forKey: .characterID)
        projectID = try fields.decode(String.self, forKey: .projectID)
        name = try fields.decode(String.self, forKey: .name)
        handle = try fields.decode(String.self, forKey: .handle)
        description = try fields.decodeIfPresent(String.self, forKey: .description)
        version = try fields.decode(Int.self, forKey: .version)
        change = try fields.decodeIfPresent(BibleVersion.Change.self, forKey: .change)
        note = try fields.decodeIfPresent(String.self, forKey: .note)
        changedBy = try fields.decodeIfPresent(String.self, forKey: .changedBy)
        changedAt = try fields.decodeIfPresent(Int64.self, forKey: .changedAt)
        bible = try Bible(from: decoder)
        pictures = try fields.decode([BiblePicture].self, forKey: .pictures)
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(characterID, forKey: .characterID)
        try fields.encode(projectID, forKey: .projectID)
        try fields.encode(name, forKey: .name)
        try fields.encode(handle, forKey: .handle)
        try fields.encodeIfPresent(description, forKey: .description)
        try fields.encode(version, forKey: .version)
        try fields.encodeIfPresent(change, forKey: .change)
        try fields.encodeIfPresent(note, forKey: .note)
        try fields.encodeIfPresent(changedBy, forKey: .changedBy)
        try fields.encodeIfPresent(changedAt, forKey: .changedAt)
        try bible.encode(to: encoder)
        try fields.encode(pictures, forKey: .pictures)
    }

    static let fields = Bible.notes.merging([
        "name": FieldNote("The character's name."),
        "handle": FieldNote("What prompts call it by, without the at sign."),
        "version": FieldNote(
            "Of the bible; 0 while nothing was written. Give it with a change to change what you saw."),
        "change": FieldNote("How this version came to be."),
        "note": FieldNote("The reason that was given for it."),
        "changed_by": FieldNote("Identifier of the key that made it; absent on a server without keys."),
        "changed_at": FieldNote("Milliseconds since 1970."),
        "pictures": FieldNote("Pictures of the character, at most \(Limits.biblePictures), the oldest first."),
    ]) { _, own in own }
}

/// A picture that a bible shows.
struct BiblePicture: Sendable, Codable, Equatable, SchemaDescribed {
    var anchorID: String
    var role: AnchorRole
    var url: String
    var width: Int
    var height: Int

    static let fields = ["url": FieldNote("Where the picture is read, relative to the server.")]
}

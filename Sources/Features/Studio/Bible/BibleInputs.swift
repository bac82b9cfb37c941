import HearthCore
import HearthJSON

/// Input of `studio.characters.bible.get`.
struct BibleReference: Sendable, Codable, SchemaDescribed {
    var characterID: String
    var version: Int?

    static let fields = [
        "character_id": FieldNote("Identifier of a character."),
        "version": FieldNote("An older version; the current one when absent.", minimum: 0, maximum: latestVersion),
    ]
}

/// Input of `studio.characters.bible.versions`.
struct ListBibleVersions: Sendable, Codable, PagedInput {
    var characterID: String
    var cursor: String?
    var limit: Int?

    static let fields = pageFields(and: ["character_id": FieldNote("Identifier of a character.")])
}

/// Input of `studio.characters.bible.diff`.
struct CompareBibles: Sendable, Codable, SchemaDescribed {
    var characterID: String
    var from: Int?
    var to: Int?

    static let fields = [
        "character_id": FieldNote("Identifier of a character."),
        "from": FieldNote("The older version; the one before `to` when absent.", minimum: 0, maximum: latestVersion),
        "to": FieldNote("The newer version; the current one when absent.", minimum: 0, maximum: latestVersion),
    ]
}

/// Output of `studio.characters.bible.diff`.
struct BibleComparison: Sendable, Codable, SchemaDescribed {
    var characterID: String
    var from: Int
    var to: Int
    var changes: [BibleDifference]

    static let fields = [
        "from": FieldNote("The older version."), "to": FieldNote("The newer version."),
        "changes": FieldNote("In what they differ; empty when in nothing."),
    ]
}

/// Input of `studio.characters.bible.update`.
struct UpdateBible: Sendable, Decodable, SchemaDescribed {
    var characterID: String
    var version: Int?
    var note: String?
    /// Its fields stand beside those above.
    var bible: Bible

    private enum CodingKeys: CodingKey {
        case characterID, version, note
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        characterID = try fields.decode(String.self, forKey: .characterID)
        version = try fields.decodeIfPresent(Int.self, forKey: .version)
        note = try fields.decodeIfPresent(String.self, forKey: .note)
        bible = try Bible(from: decoder)
    }

    static let fields = Bible.notes.merging([
        "character_id": FieldNote("Identifier of a character."),
        "version": FieldNote(
            "The version that the change is based on; any when absent.", minimum: 0, maximum: latestVersion),
        "note": noteField,
    ]) { _, own in own }
}

/// Input of `studio.characters.bible.restore`.
struct RestoreBible: Sendable, Codable, SchemaDescribed {
    var characterID: String
    var restoreVersion: Int
    var version: Int?
    var note: String?

    static let fields = [
        "character_id": FieldNote("Identifier of a character."),
        "restore_version": FieldNote("The version whose content comes back.", minimum: 0, maximum: latestVersion),
        "version": FieldNote(
            "The version that is current as far as the caller knows; any when absent.", minimum: 0,
            maximum: latestVersion),
        "note": noteField,
    ]
}

private let latestVersion = Double(Int32.max)
private let noteField = FieldNote("Why it is changed; kept with the version.", maxLength: Limits.bibleNote)

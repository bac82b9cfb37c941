import HearthCore
import HearthJSON

/// A merge of two characters, as its row says it is.
///
/// While it can be undone the merged character is hidden (`merged_into`), and the items that it has given away are
/// listed. After that only the row is left, by which its identifier still leads to the character that was kept.
struct Merge: Sendable {
    enum State: String, SQLColumn {
        /// Items are on their way: both characters are there.
        case moving
        /// It can be undone.
        case done
        /// Items are on their way back.
        case undoing
        /// It cannot be undone any more; the merged character is gone.
        case ended
    }

    var id: String
    var tenant: Tenant
    var keptID: String
    var mergedID: String
    var state: State
    /// That the merged character had.
    var handle: String?
    /// Whether the kept character's description is the merged one's.
    var tookDescription: Bool
    /// Versions of the kept character's bible around the merge; nil when it did not change.
    var bibleBefore: Int?
    var bibleAfter: Int?
    var mergedAt: Int64
    var undoUntil: Int64
}

extension Merge: SQLDecodable {
    static let columns: SQL = """
        id, tenant, kept_id, merged_id, state, handle, took_description, bible_before, bible_after, merged_at,
          undo_until
        """

    init(row: inout SQLRow) throws {
        id = try row.next()
        tenant = try row.next()
        keptID = try row.next()
        mergedID = try row.next()
        state = try row.next()
        handle = try row.next()
        tookDescription = try row.next()
        bibleBefore = try row.next()
        bibleAfter = try row.next()
        mergedAt = try row.next()
        undoUntil = try row.next()
    }
}

/// Input of `studio.characters.merge`.
struct MergeCharacters: Sendable, Codable, SchemaDescribed {
    var characterID: String
    var otherCharacterID: String

    static let fields = [
        "character_id": FieldNote("Identifier of the character that stays, with its name."),
        "other_character_id": FieldNote(
            "Identifier of the character whose pictures it gets; its identifier then stands for the one that stays. "
                + "Pictures that both have are kept once."),
    ]
}

/// Output of `studio.characters.merge`.
struct MergedCharacter: Sendable, Codable, SchemaDescribed {
    var character: StudioCharacter
    var movedAnchorCount: Int
    var undoUntil: Int64

    static let fields = [
        "character": FieldNote("The character that stays, as it is now."),
        "moved_anchor_count": FieldNote("Pictures that it got."),
        "undo_until": FieldNote(
            "Until when `studio.characters.unmerge` takes it back, in milliseconds since 1970."),
    ]
}

/// Input of `studio.characters.unmerge`.
struct UnmergeCharacter: Sendable, Codable, SchemaDescribed {
    var characterID: String

    static let fields = [
        "character_id": FieldNote("Identifier of the character that was merged into another one.")
    ]
}

/// Output of `studio.characters.unmerge`.
struct UnmergedCharacter: Sendable, Codable, SchemaDescribed {
    var character: StudioCharacter
    var restored: StudioCharacter
    var movedAnchorCount: Int
    var bibleIsRestored: Bool

    static let fields = [
        "character": FieldNote("The character that had stayed, as it is now."),
        "restored": FieldNote("The character that is there again."),
        "moved_anchor_count": FieldNote("Pictures that went back to it."),
        "bible_is_restored": FieldNote(
            "Whether the bible of the one that had stayed is as before; false when it was changed after the merge, and "
                + "stays as it is then."),
    ]
}

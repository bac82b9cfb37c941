import HearthCore
import HearthJSON

/// A change of a bible: who made it, when, and how.
struct BibleVersion: Sendable, Codable, Equatable, SchemaDescribed {
    /// How a version came to be.
    enum Change: String, Sendable, Codable, CaseIterable {
        case create, update, restore, merge, unmerge
        case `import`
    }

    var versionID: String
    var version: Int
    var change: Change
    /// The version whose content it has, of a restoration.
    var restoredVersion: Int?
    var note: String?
    /// The key that made it; nil: the trusted user of a server without keys.
    var changedBy: String?
    var changedAt: Int64

    static let fields = [
        "version_id": FieldNote("Identifier, UUIDv7."),
        "version": FieldNote("Counts up from 1."),
        "change": FieldNote("How it came to be."),
        "restored_version": FieldNote("The version whose content it has again; of restorations only."),
        "note": FieldNote("The reason that was given."),
        "changed_by": FieldNote("Identifier of the key that made it; absent on a server without keys."),
        "changed_at": FieldNote("Milliseconds since 1970."),
    ]
}

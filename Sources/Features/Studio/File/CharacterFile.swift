import HearthCore
import HearthJSON

/// A character as one file: JSON lines, so that it is written and read piece by piece, whatever its size.
///
///     {"format":"hearth-character","format_version":1,"exported_at":…,"character":{…}}
///     {"bible_version":{"version":1,"change":"create",…,"bible":{…}}}        oldest first
///     {"anchor":{"role":"front","sha256":…,"picture":"<base64>","vector":{"model":{…},"values":"<base64>"}}}
///     {"end":{"lines":5}}
///
/// The last line says that the file is whole: lines before it, itself not counted.
package enum CharacterFile {
    /// IANA has no name for it; the lines are JSON.
    package static let mediaType = "application/jsonl"
    static let format = "hearth-character"
    static let formatVersion = 1

    /// Memory that a line takes while it is written or read: its bytes, its text, and the picture in it.
    static func memory(ofLine bytes: Int) -> Int { 4 * bytes }

    /// The first line.
    struct Header: Sendable, Codable {
        var format: String
        var formatVersion: Int
        var exportedAt: Int64
        var character: Identity
    }

    /// Who the character is.
    struct Identity: Sendable, Codable {
        /// Where it was exported; by it a second import finds what the first has made.
        var characterID: String
        var project: String
        var name: String
        var handle: String
        var description: String?
        var isProvisional: Bool
        var createdAt: Int64
    }

    /// A version of the bible.
    struct Version: Sendable, Codable {
        var version: Int
        var change: BibleVersion.Change
        var restoredVersion: Int?
        var note: String?
        var changedAt: Int64
        var bible: Bible
    }

    /// A picture, and its vector if it has one.
    struct Picture: Sendable, Codable {
        var role: AnchorRole
        var sha256: String
        var format: String
        var createdAt: Int64
        /// The bytes in base64.
        var picture: String
        var vector: Vector?
    }

    /// A vector with the model that made it: no other model's vectors are compared with it.
    struct Vector: Sendable, Codable {
        var model: ModelIdentity
        /// Little-endian float32 in base64.
        var values: String
    }

    /// The last line.
    struct End: Sendable, Codable {
        var lines: Int
    }

    /// A line, by its only member; the header has several.
    struct Line: Sendable, Codable {
        var bibleVersion: Version?
        var anchor: Picture?
        var end: End?
    }
}

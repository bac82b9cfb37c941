import Foundation
import HearthCore
import HearthJSON

extension StudioTable {
    /// What a bible says, and the version that says it; nil while nothing was written.
    struct StoredBible: Sendable {
        var version: BibleVersion?
        var bible: Bible
    }

    /// Who changes a bible, how and why.
    struct BibleChange: Sendable {
        var kind: BibleVersion.Change
        var restoredVersion: Int?
        var note: String?
        var keyID: String?
    }

    /// The bible of a character as it is now.
    func bible(ofCharacter id: String, in db: any SQLConnection) throws -> StoredBible {
        let stored = try db.row(
            """
            SELECT \(BibleVersion.columns), v.content FROM bible_versions v JOIN characters c ON c.id = v.character_id
            WHERE v.character_id = \(id) AND v.version = c.bible_version
            """, as: StoredBible.self)
        return stored ?? StoredBible(version: nil, bible: Bible())
    }

    /// - Throws: ``HearthError`` `not_found` for a version that there is not, or not any more.
    func bible(ofCharacter id: String, version: Int, in db: any SQLConnection) throws -> StoredBible {
        if version == 0 { return StoredBible(version: nil, bible: Bible()) }
        let stored = try db.row(
            """
            SELECT \(BibleVersion.columns), v.content FROM bible_versions v
            WHERE v.character_id = \(id) AND v.version = \(version)
            """, as: StoredBible.self)
        if let stored { return stored }
        let kept = try db.row(
            "SELECT COALESCE(MIN(version), 0), COALESCE(MAX(version), 0) FROM bible_versions WHERE character_id = \(id)"
        ) { row in (first: try row.next(Int.self), last: try row.next(Int.self)) }
        throw HearthError(
            .notFound, "There is no version \(version) of this bible.",
            hint: kept.map { "There are the versions \($0.first) to \($0.last)." })
    }

    func versions(
        ofCharacter id: String, _ page: PageRequest, in db: any SQLConnection
    ) throws -> Page<BibleVersion> {
        try db.page(
            page, of: "SELECT \(BibleVersion.columns) FROM bible_versions v WHERE v.character_id = \(id)", by: "v.id",
            cursor: \BibleVersion.versionID)
    }

    /// Writes the next version, and removes the oldest one when there are more than are kept.
    func addVersion(
        _ bible: Bible, _ change: BibleChange, ofCharacter id: String, in db: any SQLConnection, now: Int64
    ) throws -> BibleVersion {
        let number = try db.value(
            "UPDATE characters SET bible_version = bible_version + 1 WHERE id = \(id) RETURNING bible_version",
            as: Int.self)
        guard let number else { throw Self.missing("character") }
        let version = BibleVersion(
            versionID: Identifier.make(now: now), version: number, change: change.kind,
            restoredVersion: change.restoredVersion, note: change.note, changedBy: change.keyID, changedAt: now)
        try insert(version, bible, ofCharacter: id, in: db)
        try db.execute(
            """
            DELETE FROM bible_versions WHERE character_id = \(id) AND version <= \(number - Limits.bibleVersions)
            """)
        return version
    }

    func insert(
        _ version: BibleVersion, _ bible: Bible, ofCharacter id: String, in db: any SQLConnection
    ) throws {
        let content = try bible.json().encodedText()
        try db.execute(
            """
            INSERT INTO bible_versions (id, character_id, version, change_kind, restored_version, note, changed_by,
              changed_at, content, bytes)
            VALUES (\(version.versionID), \(id), \(version.version), \(version.change), \(version.restoredVersion),
              \(version.note), \(version.changedBy), \(version.changedAt), \(content), \(content.utf8.count))
            """)
    }

    /// Deletes some versions of bibles of what is being deleted: not more than one step may, in number and bytes.
    /// - Returns: whether none is left.
    func deleteVersions(of owner: AnchorOwner, in db: any SQLConnection) throws -> Bool {
        let characters: SQL =
            switch owner {
            case .character(let id): "SELECT id FROM characters WHERE id = \(id) OR merged_into = \(id)"
            case .project(let id): "SELECT id FROM characters WHERE project_id = \(id)"
            }
        let rows = try db.rows(
            """
            SELECT id, bytes FROM bible_versions WHERE character_id IN (\(characters)) LIMIT \(Limits.stepItems)
            """
        ) { row in (id: try row.next(String.self), bytes: try row.next(Int.self)) }
        var bytes = 0
        let step = rows.prefix { row in
            defer { bytes += row.bytes }
            return bytes <= Limits.stepBytes
        }
        try db.execute("DELETE FROM bible_versions WHERE id IN \(list: step.map(\.id))")
        return step.count == rows.count && rows.count < Limits.stepItems
    }

    /// The first pictures of a character.
    func biblePictures(ofCharacter id: String, in db: any SQLConnection) throws -> [BiblePicture] {
        try db.rows(
            """
            SELECT id, role, width, height FROM kept_anchors WHERE character_id = \(id)
            ORDER BY id LIMIT \(Limits.biblePictures)
            """
        ) { row in
            let anchor = try row.next(String.self)
            return BiblePicture(
                anchorID: anchor, role: try row.next(), url: StoredFile.url(of: anchor), width: try row.next(),
                height: try row.next())
        }
    }
}

extension BibleVersion.Change: SQLColumn {}

extension BibleVersion: SQLDecodable {
    /// Of a table `bible_versions v`.
    static let columns: SQL = """
        v.id, v.version, v.change_kind, v.restored_version, v.note, v.changed_by, v.changed_at
        """

    init(row: inout SQLRow) throws {
        versionID = try row.next()
        version = try row.next()
        change = try row.next()
        restoredVersion = try row.next()
        note = try row.next()
        changedBy = try row.next()
        changedAt = try row.next()
    }
}

extension StudioTable.StoredBible: SQLDecodable {
    init(row: inout SQLRow) throws {
        version = try BibleVersion(row: &row)
        let content = try JSONParser.read(Data(try row.next(String.self).utf8))
        bible = try JSONValueDecoder.read(Bible.self, from: content)
    }
}

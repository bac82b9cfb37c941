package import HearthCore
import HearthJSON
import HearthVectorStore

package import struct Foundation.Data

/// A character's file while it is being sent: one line after the other, with one picture in memory at a time.
///
/// It is of the moment of its first line: which versions and pictures it has is fixed then. When one of them has gone
/// before its turn, the file breaks off without its last line, so that it is not taken for whole.
package struct CharacterExport: Sendable {
    private enum Place: Sendable {
        case header
        case version(Int)
        case anchor(Int)
        case end
        case done
    }

    private let studio: Studio
    private let tenant: Tenant
    private let header: CharacterFile.Header
    private let versions: [Int]
    private let anchors: [String]
    /// Memory that one line takes at most.
    package let lineMemory: Int
    private var place = Place.header
    private var lines = 0

    init(
        _ studio: Studio, of tenant: Tenant, header: CharacterFile.Header, versions: [Int],
        anchors: [StudioTable.FileAnchor]
    ) {
        self.studio = studio
        self.tenant = tenant
        self.header = header
        self.versions = versions
        self.anchors = anchors.map(\.id)
        lineMemory = CharacterFile.memory(ofLine: (anchors.map(\.bytes).max() ?? 0) / 3 * 4 + Limits.bibleBytes)
    }

    /// What the file may be called: made of the handle, never of the name.
    package var fileName: String { "\(header.character.handle).hearth-character.jsonl" }

    /// The next line with its end; nil behind the last one.
    /// - Throws: ``HearthError`` `conflict` when a version or a picture has gone since the first line; what storage
    ///   throws. The file is not whole then, as its missing last line says.
    package mutating func next() async throws -> Data? {
        while true {
            switch place {
            case .header:
                place = .version(0)
                return try line(header)
            case .version(let index):
                guard index < versions.count else {
                    place = .anchor(0)
                    continue
                }
                place = .version(index + 1)
                let version = try await studio.version(versions[index], for: header.character.characterID, of: tenant)
                return try line(CharacterFile.Line(bibleVersion: version))
            case .anchor(let index):
                guard index < anchors.count else {
                    place = .end
                    continue
                }
                place = .anchor(index + 1)
                let picture = try await studio.picture(anchors[index], for: header.character.characterID, of: tenant)
                return try line(CharacterFile.Line(anchor: picture))
            case .end:
                place = .done
                return try line(CharacterFile.Line(end: CharacterFile.End(lines: lines)))
            case .done:
                return nil
            }
        }
    }

    private mutating func line(_ content: some Encodable) throws -> Data {
        lines += 1
        return try JSONValueEncoder.encode(content).encoded() + Data([0x0A])
    }
}

extension Studio {
    /// A character's file.
    /// - Throws: ``HearthError`` `not_found`; `unprocessable_content` for more pictures than a file holds.
    package func exportCharacter(_ id: String, of tenant: Tenant) async throws -> CharacterExport {
        let (table, now) = (table, clock.now())
        return try await store.read { db in
            let character = try table.character(id, of: tenant, in: db)
            let project = try table.project(character.projectID, of: tenant, in: db)
            let anchors = try table.fileAnchors(
                ofCharacter: character.characterID, limit: Limits.characterFileAnchors + 1, in: db)
            guard anchors.count <= Limits.characterFileAnchors else {
                throw HearthError(
                    .unprocessable, "The character has more than \(Limits.characterFileAnchors) pictures.",
                    hint: "A file of a character holds at most \(Limits.characterFileAnchors).")
            }
            let identity = CharacterFile.Identity(
                characterID: character.characterID, project: project.name, name: character.name,
                handle: character.handle, description: character.description, isProvisional: character.isProvisional,
                createdAt: character.createdAt)
            let header = CharacterFile.Header(
                format: CharacterFile.format, formatVersion: CharacterFile.formatVersion, exportedAt: now,
                character: identity)
            let versions = try table.versionsForFile(ofCharacter: character.characterID, in: db)
            return CharacterExport(self, of: tenant, header: header, versions: versions, anchors: anchors)
        }
    }

    /// - Throws: ``HearthError`` `conflict` when it was removed meanwhile: the newest versions are kept.
    fileprivate func version(
        _ number: Int, for character: String, of tenant: Tenant
    ) async throws -> CharacterFile.Version {
        let table = table
        let stored = try await store.read { db in
            do {
                _ = try table.unmergedCharacter(character, of: tenant, in: db)
                return try table.bible(ofCharacter: character, version: number, in: db)
            } catch let error as HearthError where error.code == .notFound {
                throw CharacterExport.changed
            }
        }
        guard let version = stored.version else { throw CharacterExport.changed }
        return CharacterFile.Version(
            version: version.version, change: version.change, restoredVersion: version.restoredVersion,
            note: version.note, changedAt: version.changedAt, bible: stored.bible)
    }

    /// - Throws: ``HearthError`` `conflict` when it was deleted meanwhile, or belongs to another character now.
    fileprivate func picture(
        _ id: String, for character: String, of tenant: Tenant
    ) async throws -> CharacterFile.Picture {
        let (table, vectors) = (table, vectors)
        @Sendable func find(_ db: any SQLConnection) throws -> Anchor {
            guard let anchor = try table.findAnchor(id, of: tenant, in: db), anchor.characterID == character else {
                throw CharacterExport.changed
            }
            return anchor
        }
        let (anchor, vector) = try await store.read { db in
            (try find(db), try vectors.vector(of: id, tenant: tenant, in: db))
        }
        let bytes: Data
        do {
            bytes = try await blobs.read(anchor.path)
        } catch let error as HearthError where error.code == .notFound {
            _ = try await store.read { db in try find(db) }
            throw error
        }
        return CharacterFile.Picture(
            role: anchor.role, sha256: anchor.sha256, format: anchor.format, createdAt: anchor.createdAt,
            picture: bytes.base64EncodedString(),
            vector: vector.map { vector, model in
                CharacterFile.Vector(model: model, values: Data(littleEndian: vector).base64EncodedString())
            })
    }
}

extension CharacterExport {
    fileprivate static let changed = HearthError(
        .conflict, "The character has lost a picture or a version while its file was sent.",
        hint: "The file is not whole; export it again.")
}

extension StudioTable {
    /// A picture that a file is to hold.
    struct FileAnchor: Sendable {
        let id: String
        let bytes: Int
    }

    /// The first pictures of a character, the oldest first.
    func fileAnchors(ofCharacter id: String, limit: Int, in db: any SQLConnection) throws -> [FileAnchor] {
        try db.rows(
            "SELECT id, bytes FROM kept_anchors WHERE character_id = \(id) ORDER BY id LIMIT \(limit)"
        ) { row in FileAnchor(id: try row.next(), bytes: try row.next()) }
    }

    /// The newest versions of a bible that fit into a file, the oldest of them first.
    func versionsForFile(ofCharacter id: String, in db: any SQLConnection) throws -> [Int] {
        let all = try db.rows(
            "SELECT version, bytes FROM bible_versions WHERE character_id = \(id) ORDER BY version DESC"
        ) { row in (version: try row.next(Int.self), bytes: try row.next(Int.self)) }
        var (fitting, total): ([Int], Int) = ([], 0)
        for entry in all {
            total += entry.bytes + CharacterFileReader.versionOverhead
            guard total <= Limits.characterFileBibles else { break }
            fitting.append(entry.version)
        }
        return fitting.reversed()
    }
}

package import HearthCore
import HearthInference
package import HearthJSON
import HearthVectorStore

package import struct Foundation.Data

/// What an import has done.
package struct ImportedCharacter: Sendable, Codable, SchemaDescribed {
    package var characterID: String
    package var projectID: String
    package var name: String
    package var handle: String
    /// False when the project had the character already.
    package var isNew: Bool
    package var addedAnchorCount: Int
    package var knownAnchorCount: Int
    /// Pictures whose vectors could be taken over: recall finds them at once.
    package var rememberedCount: Int
    /// Whether the bible is the file's now and was not before.
    package var bibleIsChanged: Bool

    package static let fields = [
        "is_new": FieldNote("False when the project had the character already, from the same file or another of it."),
        "added_anchor_count": FieldNote("Pictures that it got."),
        "known_anchor_count": FieldNote("Pictures that it had already."),
        "remembered_count": FieldNote(
            "Pictures whose vectors were taken from the file, because the same model made them: recall finds them at "
                + "once."),
        "bible_is_changed": FieldNote(
            "Whether the bible is the file's now and was not before. One that was changed here since is kept."),
    ]
}

/// Where an imported character goes.
package struct CharacterImportTarget: Sendable {
    /// Identifier or name; made when no project has the name.
    var project: ProjectKey
    /// Nil: as in the file.
    var name: StudioName?
    var handle: Handle?

    /// - Throws: ``HearthError`` `invalid_request`.
    package init(project: String?, name: String?, handle: String?) throws {
        self.project = try ProjectKey(project ?? defaultProject)
        self.name = try name.map { try StudioName($0, field: "name") }
        self.handle = try handle.map { raw throws(HearthError) in try Handle(raw) }
    }
}

extension Studio {
    /// Adds the character of a file to a project.
    ///
    /// The file is kept on disk until it has been read twice: once to check all of it, so that a bad file leaves
    /// nothing behind, and once to write. The same file again adds nothing; what was cut short goes on.
    /// - Throws: ``HearthError`` `invalid_request` that names the line, `conflict` for a name that another character
    ///   has, `body_too_large`, `quota_exceeded`, and as files are written.
    package func importCharacter(
        _ pieces: some AsyncSequence<Data, any Error>, into target: CharacterImportTarget, of tenant: Tenant,
        keyID: String?, reserve: (_ bytes: Int) throws(HearthError) -> Void = { _ in }
    ) async throws -> ImportedCharacter {
        // Below the feature's own folder: what a crash leaves there is swept.
        let path = "\(Anchor.rootFolder)/imports/\(Identifier.make()).jsonl"
        let bytes = try await blobs.write(pieces, to: path, limit: Limits.characterFileBytes)
        do {
            try reserve(CharacterFile.memory(ofLine: min(bytes, Limits.characterLineBytes)))
            let contents = try await check(path)
            let imported = try await write(path, contents, into: target, of: tenant, keyID: keyID)
            try await blobs.remove(path)
            return imported
        } catch {
            try? await blobs.remove(path)
            throw error
        }
    }

    /// What a file says, and which pictures it has.
    private struct Contents: Sendable {
        var header: CharacterFile.Header
        var versions: [CharacterFile.Version] = []
        /// Their sizes by their checksums.
        var pictures: [String: Int] = [:]
    }

    /// Reads all of a file.
    private func check(_ path: String) async throws -> Contents {
        var reader = try CharacterFileReader(try await blobs.open(path))
        guard case .header(let header) = try await reader.next() else {
            throw HearthError(.invalidRequest, "This is no file of a character.")
        }
        var contents = Contents(header: header)
        while let line = try await reader.next() {
            switch line {
            case .version(let version): contents.versions.append(version)
            case .anchor(let picture, let image): contents.pictures[picture.sha256] = image.bytes.count
            case .header, .end: continue
            }
        }
        guard contents.versions.count <= Limits.bibleVersions else {
            throw HearthError(
                .invalidRequest, "The file has \(contents.versions.count) versions of the bible.",
                hint: "At most \(Limits.bibleVersions) are allowed.")
        }
        return contents
    }

    private func write(
        _ path: String, _ contents: Contents, into target: CharacterImportTarget, of tenant: Tenant, keyID: String?
    ) async throws -> ImportedCharacter {
        var imported = try await place(contents, into: target, of: tenant, keyID: keyID)
        // No model has to be there: a vector that cannot be used is made again by the picture's job.
        let digest = try? await engine.defaultEmbedder()?.digest
        var reader = try CharacterFileReader(try await blobs.open(path))
        while let line = try await reader.next() {
            guard case .anchor(let picture, let image) = line else { continue }
            let anchor = try await register(
                image, .character(id: imported.characterID), role: picture.role, tenant: tenant)
            if anchor.isNew { imported.addedAnchorCount += 1 } else { imported.knownAnchorCount += 1 }
            guard !anchor.isRemembered, let vector = picture.vector, vector.model.digest == digest,
                let values = vector.vector
            else { continue }
            try await remember(anchor, values, by: vector.model, tenant: tenant)
            imported.rememberedCount += 1
        }
        return imported
    }

    /// Brings the rows up to the file's texts, when all of the file fits into what the tenant may have; each picture
    /// then takes what it needs.
    private func place(
        _ contents: Contents, into target: CharacterImportTarget, of tenant: Tenant, keyID: String?
    ) async throws -> ImportedCharacter {
        let now = clock.now()
        let taken = try await quotas?.take(TenantUsage(records: 1), for: tenant) { db in
            try added(by: contents, to: target, of: tenant, in: db)
        }
        defer { withExtendedLifetime(taken) {} }
        return try await store.write { db in
            try place(contents, into: target, of: tenant, keyID: keyID, in: db, now: now)
        }
    }

    /// What a file adds to what the tenant has.
    private func added(
        by contents: Contents, to target: CharacterImportTarget, of tenant: Tenant, in db: any SQLConnection
    ) throws -> TenantUsage {
        let project = try table.projectID(target.project, of: tenant, in: db)
        let known = try project.flatMap {
            try table.imported(contents.header.character.characterID, project: $0, of: tenant, in: db)
        }
        let sums = try known.map { try table.checksums(ofCharacter: $0.characterID, in: db) } ?? []
        let pictures = contents.pictures.filter { !sums.contains($0.key) }
        let versions = known == nil ? contents.versions : Array(contents.versions.suffix(1))
        let texts = try versions.reduce(0) { try $0 + $1.bible.json().encoded().count }
        return TenantUsage(
            unfinishedJobs: Int64(pictures.count), storedBytes: Int64(pictures.values.reduce(texts, +)),
            records: Int64(pictures.count + (known == nil ? 1 : 0) + (project == nil ? 1 : 0)))
    }

    /// Gives an anchor the vector of the file. Its job makes it again, so that a wrong one does not stay.
    private func remember(
        _ anchor: RegisteredAnchor, _ vector: [Float], by model: ModelIdentity, tenant: Tenant
    ) async throws {
        let (table, vectors, now) = (table, vectors, clock.now())
        let space = VectorSpace(tenant: tenant, scope: anchor.projectID, model: model)
        try await store.write { db in
            guard let owner = try table.markEmbedded(anchor.anchorID, digest: model.digest, in: db) else { return }
            try vectors.upsert(
                item: anchor.anchorID, owner: owner, vector: vector, space: space, precision: model.precision, in: db,
                now: now)
        }
    }

    /// Finds the character of the file in the project, or makes it, and brings its bible up to the file's.
    private func place(
        _ contents: Contents, into target: CharacterImportTarget, of tenant: Tenant, keyID: String?,
        in db: any SQLConnection, now: Int64
    ) throws -> ImportedCharacter {
        let project = try projectID(of: target.project, tenant: tenant, in: db, now: now)
        let origin = contents.header.character
        let known = try table.imported(origin.characterID, project: project, of: tenant, in: db)
        let character = try known ?? add(contents, into: target, project: project, of: tenant, in: db, now: now)
        var isChanged = known == nil && !contents.versions.isEmpty
        if known != nil, let last = contents.versions.last {
            let current = try table.bible(ofCharacter: character.characterID, in: db).bible
            // Changed here since, it is nothing that the file has ever said.
            let isOlder = contents.versions.contains { $0.bible == current } || current.isEmpty
            if isOlder, last.bible != current {
                let change = StudioTable.BibleChange(kind: .import, note: last.note, keyID: keyID)
                _ = try table.addVersion(last.bible, change, ofCharacter: character.characterID, in: db, now: now)
                isChanged = true
            }
        }
        try table.index(character.characterID, in: db)
        return ImportedCharacter(
            characterID: character.characterID, projectID: project, name: character.name, handle: character.handle,
            isNew: known == nil, addedAnchorCount: 0, knownAnchorCount: 0, rememberedCount: 0,
            bibleIsChanged: isChanged)
    }

    private func projectID(
        of key: ProjectKey, tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws -> String {
        if let id = try table.projectID(key, of: tenant, in: db) { return id }
        guard !key.isIdentifier else { throw StudioTable.missing("project") }
        let id = Identifier.make(now: now)
        try table.insertProject(id: id, key.name, tenant: tenant, in: db, now: now)
        return id
    }

    private func add(
        _ contents: Contents, into target: CharacterImportTarget, project: String, of tenant: Tenant,
        in db: any SQLConnection, now: Int64
    ) throws -> StudioCharacter {
        let origin = contents.header.character
        let name = try target.name ?? StudioName(origin.name, field: "name")
        guard try !table.isTaken(name, project: project, in: db) else {
            throw HearthError(
                .conflict, "The project has another character that is called \(name.text).",
                hint: "Give the imported one another name by `name`.")
        }
        let wanted = Handle.derived(from: origin.handle.isEmpty ? name.text : origin.handle)
        let handle = try target.handle ?? Handle(table.freeHandle(wanted, project: project, in: db))
        let new = StudioTable.NewCharacter(
            id: Identifier.make(now: now), projectID: project, name: name, description: origin.description,
            handle: handle, origin: origin.characterID, isProvisional: origin.isProvisional)
        try table.insertCharacter(new, tenant: tenant, in: db, now: now)
        try table.importVersions(contents.versions, ofCharacter: new.id, in: db, now: now)
        return try table.character(new.id, of: tenant, in: db)
    }
}

extension StudioTable {
    /// The character of a project that is, or was imported from, the one with an identifier; or the one that it was
    /// merged into.
    func imported(
        _ origin: String, project: String, of tenant: Tenant, in db: any SQLConnection
    ) throws -> StudioCharacter? {
        let id = try db.value(
            """
            SELECT COALESCE(merged_into, id) FROM characters
            WHERE project_id = \(project) AND tenant = \(tenant) AND deleting_since IS NULL
              AND (origin = \(origin) OR id = \(origin)) ORDER BY id LIMIT 1
            """, as: String.self)
        return try id.map { try character($0, of: tenant, in: db) }
    }

    /// The checksums of a character's pictures.
    func checksums(ofCharacter id: String, in db: any SQLConnection) throws -> Set<String> {
        Set(try db.values("SELECT sha256 FROM kept_anchors WHERE character_id = \(id)", as: String.self))
    }

    /// Writes the versions of a file as those of a new character, counted from 1.
    func importVersions(
        _ versions: [CharacterFile.Version], ofCharacter id: String, in db: any SQLConnection, now: Int64
    ) throws {
        for (index, version) in versions.enumerated() {
            // What a version restores is told by its old number, which counts no longer.
            let row = BibleVersion(
                versionID: Identifier.make(now: now), version: index + 1, change: version.change,
                restoredVersion: nil, note: version.note, changedBy: nil, changedAt: version.changedAt)
            try insert(row, version.bible, ofCharacter: id, in: db)
        }
        try db.execute("UPDATE characters SET bible_version = \(versions.count) WHERE id = \(id)")
    }
}

import HearthCore
import HearthJSON
import HearthJobs
import HearthVectorStore

extension Studio {
    func characterOperations() -> [Operation] { characterChanges() + characterReads() }

    private func characterChanges() -> [Operation] {
        [
            Operation(
                .init(
                    "studio.characters.create", "Create a character; its project must exist.",
                    description: """
                        Answers the new character, which has no pictures yet. A name or a handle that the project \
                        has already is refused with `conflict`; without `handle` it gets one that its name suggests. \
                        Fields of the bible become its first version. `studio.anchors.register` makes the character \
                        by itself.
                        """,
                    permission: .write, hints: .adds,
                    routes: [Route(.post, "/api/characters"), Route(.post, "/api/anime/characters")],
                    successStatus: 201),
                input: CreateCharacter.self, output: StudioCharacter.self, run: createCharacter),
            Operation(
                .init(
                    "studio.characters.update", "Give a character another name, handle or description.",
                    description: "Changes the fields that are given and leaves the others as they are.",
                    permission: .write, hints: .replaces,
                    routes: [
                        Route(.patch, "/api/characters/{character_id}"),
                        Route(.patch, "/api/anime/characters/{character_id}"),
                    ]),
                input: UpdateCharacter.self, output: StudioCharacter.self, run: updateCharacter),
            Operation(
                .init(
                    "studio.characters.delete", "Delete a character with its files and vectors.",
                    description: """
                        Deletes the character with its pictures, its outputs, files and vectors, and cancels \
                        the jobs about them. This cannot be undone. Answers how many there were.
                        """,
                    permission: .write, hints: .removes,
                    routes: [
                        Route(.delete, "/api/characters/{character_id}"),
                        Route(.delete, "/api/anime/characters/{character_id}"),
                    ]),
                input: CharacterReference.self, output: Deletion.self, run: deleteCharacter),
        ]
    }

    private func characterReads() -> [Operation] {
        [
            Operation(
                .init(
                    "studio.characters.list", "List the characters, of one project or of all, newest first.",
                    description: """
                        Answers a page; pass its `next_cursor` as `cursor` to get the next one. Each \
                        entry says how many pictures the character has, how many of them recall finds, and whether \
                        it is provisional: made from a video, and not confirmed yet.
                        """,
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/characters"), Route(.get, "/api/anime/characters")],
                    tool: "list_characters"),
                input: ListCharacters.self, output: Page<StudioCharacter>.self, run: listCharacters),
            Operation(
                .init(
                    "studio.characters.get", "Show one character.",
                    description: """
                        Answers the character with the number of its pictures and of those that recall finds; by \
                        the identifier of one that was merged into another, that other one.
                        """,
                    permission: .read, hints: .reads,
                    routes: [
                        Route(.get, "/api/characters/{character_id}"),
                        Route(.get, "/api/anime/characters/{character_id}"),
                    ]),
                input: CharacterReference.self, output: StudioCharacter.self, run: getCharacter),
        ]
    }

    private func createCharacter(
        _ input: CreateCharacter, _ context: OperationContext
    ) async throws -> StudioCharacter {
        let name = try StudioName(input.name, field: "name")
        let handle = try input.handle.map { raw throws(HearthError) in try Handle(raw) }
        try PlainText.check(input.description, field: "description")
        let bible = try Bible().changed(by: input.bible)
        let (table, clock, tenant) = (table, clock, context.tenant)
        let bytes = (input.description?.utf8.count ?? 0) + (bible.isEmpty ? 0 : try bible.json().encoded().count)
        let reference = try input.projectReference
        let added = TenantUsage(storedBytes: Int64(bytes), records: 1)
        let taken = try await quotas?.take(added, for: tenant) { db in
            let project = try table.requireProjectID(reference, of: tenant, in: db)
            // One whose name is taken adds nothing: it is refused because of its name, whatever the quota.
            return try table.hasCharacter(name, inProject: project, in: db) ? TenantUsage() : added
        }
        defer { withExtendedLifetime(taken) {} }
        return try await store.write { db in
            let now = clock.now()
            let project = try table.requireProjectID(reference, of: tenant, in: db)
            let new = StudioTable.NewCharacter(
                id: Identifier.make(now: now), projectID: project, name: name, description: input.description,
                handle: handle)
            try table.insertCharacter(new, tenant: tenant, in: db, now: now)
            if !bible.isEmpty {
                let change = StudioTable.BibleChange(kind: .create, keyID: context.principal.keyID)
                _ = try table.addVersion(bible, change, ofCharacter: new.id, in: db, now: now)
                try table.index(new.id, in: db)
            }
            return try table.character(new.id, of: tenant, in: db)
        }
    }

    private func listCharacters(
        _ input: ListCharacters, _ context: OperationContext
    ) async throws -> Page<StudioCharacter> {
        let page = try input.page()
        let table = table
        return try await store.read { db in
            let project = try input.project.map { try table.requireProjectID($0, of: context.tenant, in: db) }
            return try table.characters(
                ofProject: project, isProvisional: input.isProvisional, page, of: context.tenant, in: db)
        }
    }

    private func getCharacter(
        _ input: CharacterReference, _ context: OperationContext
    ) async throws -> StudioCharacter {
        let table = table
        return try await store.read { db in try table.character(input.characterID, of: context.tenant, in: db) }
    }

    private func updateCharacter(
        _ input: UpdateCharacter, _ context: OperationContext
    ) async throws -> StudioCharacter {
        guard input.name != nil || input.handle != nil || input.description != nil else {
            throw HearthError(
                .invalidRequest, "There is nothing to change.", hint: "Send `name`, `handle` or `description`.")
        }
        let name = try input.name.map { try StudioName($0, field: "name") }
        let handle = try input.handle.map { raw throws(HearthError) in try Handle(raw) }
        try PlainText.check(input.description, field: "description")
        let (table, tenant) = (table, context.tenant)
        let length = Int64(input.description?.utf8.count ?? 0)
        let taken = try await quotas?.take(TenantUsage(storedBytes: length), for: tenant) { db in
            let known = try table.character(input.characterID, of: tenant, in: db).description
            return TenantUsage(storedBytes: max(length - Int64(known?.utf8.count ?? 0), 0))
        }
        defer { withExtendedLifetime(taken) {} }
        return try await store.write { db in
            let id = try table.character(input.characterID, of: tenant, in: db).characterID
            if let name { try table.renameCharacter(id, to: name, of: tenant, in: db) }
            if let handle { try table.setHandle(handle, ofCharacter: id, of: tenant, in: db) }
            if let description = input.description {
                try table.setDescription(description, ofCharacter: id, of: tenant, in: db)
            }
            try table.index(id, in: db)
            return try table.character(id, of: tenant, in: db)
        }
    }

    private func deleteCharacter(_ input: CharacterReference, _ context: OperationContext) async throws -> Deletion {
        try await deleteCharacter(input.characterID, of: context.tenant) { _ in }
    }

    /// Deletes a character with all that it has.
    /// - Parameter check: refuses by throwing.
    func deleteCharacter(
        _ id: String, of tenant: Tenant, _ check: @escaping @Sendable (StudioCharacter) throws -> Void
    ) async throws -> Deletion {
        let (table, now) = (table, clock.now())
        let counts = try await store.read { db in try table.deletionCounts(of: .character(id), tenant: tenant, in: db) }
        try await delete { db in
            try check(table.unmergedCharacter(id, of: tenant, in: db))
            try table.hideCharacter(id, of: tenant, in: db, now: now)
            return StudioTable.Deletion(owner: .character(id), tenant: tenant)
        }
        return Deletion(deleted: id, counts)
    }
}

/// The project of those who name none.
let defaultProject = "default"

/// A character of a project.
struct StudioCharacter: Sendable, Codable, SchemaDescribed {
    var characterID: String
    var projectID: String
    /// The project's name.
    var project: String
    var name: String
    /// What prompts call it by, without the at sign.
    var handle: String
    var description: String?
    /// Whether it was made from an output and is not confirmed yet.
    var isProvisional: Bool
    /// Of its bible; 0 while nothing was written.
    var bibleVersion: Int
    var anchorCount: Int
    /// Anchors whose vectors are ready for recall.
    var rememberedCount: Int
    var createdAt: Int64

    static let fields = [
        "character_id": FieldNote("Identifier, UUIDv7."), "project": FieldNote("Name of its project."),
        "name": FieldNote("Unique within the project; case does not matter."),
        "handle": FieldNote("What prompts call it by, `@handle`; unique within the project."),
        "is_provisional": FieldNote("Whether it was made from a generated video and is not confirmed yet."),
        "bible_version": FieldNote("Version of its bible; 0 while nothing was written."),
        "anchor_count": FieldNote("Pictures registered for the character."),
        "remembered_count": FieldNote("Pictures whose vectors are ready for recall."),
        "created_at": FieldNote("Milliseconds since 1970."),
    ]
}

/// Input of `studio.characters.create`: who the character is, and what its bible says first.
struct CreateCharacter: Sendable, Decodable, SchemaDescribed {
    var project: String?
    var projectID: String?
    var name: String
    var handle: String?
    var description: String?
    /// Its fields stand beside those above.
    var bible: Bible

    private enum CodingKeys: CodingKey {
        case project, projectID, name, handle, description
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        project = try fields.decodeIfPresent(String.self, forKey: .project)
        projectID = try fields.decodeIfPresent(String.self, forKey: .projectID)
        name = try fields.decode(String.self, forKey: .name)
        handle = try fields.decodeIfPresent(String.self, forKey: .handle)
        description = try fields.decodeIfPresent(String.self, forKey: .description)
        bible = try Bible(from: decoder)
    }

    /// The project's identifier or name.
    /// - Throws: ``HearthError`` `invalid_request` when it is named twice.
    var projectReference: String {
        get throws(HearthError) {
            guard project == nil || projectID == nil else {
                throw HearthError(
                    .invalidRequest, "`project` and `project_id` are both given.", hint: "Send one of them.")
            }
            return project ?? projectID ?? defaultProject
        }
    }

    static let fields = Bible.notes.merging([
        "project": projectField,
        "project_id": FieldNote("As `project`: one of them, or neither.", minLength: 1, schema: ["format": "name"]),
        "name": FieldNote(
            "Unique within the project; case does not matter.", minLength: 1, example: "Mira",
            schema: ["format": "name"]),
        "handle": handleField,
        "description": descriptionField,
    ]) { _, own in own }
}

/// Input of `studio.characters.list`.
struct ListCharacters: Sendable, Codable, PagedInput {
    var project: String?
    var isProvisional: Bool?
    var cursor: String?
    var limit: Int?

    static let fields = pageFields(and: [
        "project": projectField,
        "is_provisional": FieldNote("Only provisional characters, or only others; all when absent."),
    ])
}

/// A character by its id.
struct CharacterReference: Sendable, Codable, SchemaDescribed {
    var characterID: String

    static let fields = ["character_id": FieldNote("Identifier of a character.")]
}

/// Input of `studio.characters.update`.
struct UpdateCharacter: Sendable, Codable, SchemaDescribed {
    var characterID: String
    var name: String?
    var handle: String?
    var description: String?

    static let fields = [
        "character_id": FieldNote("Identifier of a character."),
        "name": FieldNote("The new name.", minLength: 1, schema: ["format": "name"]),
        "handle": handleField,
        "description": descriptionField,
    ]
}

private let descriptionField = FieldNote("Who the character is, in free text.", maxLength: Limits.descriptionLength)

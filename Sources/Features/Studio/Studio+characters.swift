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
                        Answers the new character, which has no pictures yet. A name that the project \
                        has already is refused with `conflict`. `studio.anchors.register` makes the \
                        character by itself.
                        """,
                    permission: .write, hints: .adds,
                    routes: [Route(.post, "/api/characters"), Route(.post, "/api/anime/characters")],
                    successStatus: 201),
                input: CreateCharacter.self, output: StudioCharacter.self, run: createCharacter),
            Operation(
                .init(
                    "studio.characters.update", "Give a character another name or description.",
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
                        the jobs about them. This cannot be undone.
                        """,
                    permission: .write, hints: .removes,
                    routes: [
                        Route(.delete, "/api/characters/{character_id}"),
                        Route(.delete, "/api/anime/characters/{character_id}"),
                    ]),
                input: CharacterReference.self, output: Deletion.self, run: deleteCharacter),
            Operation(
                .init(
                    "studio.characters.merge",
                    "Give all pictures of another character of the project to this one, and delete the other.",
                    description: """
                        Pictures that both have are kept once. Vectors go with their pictures; files stay where they \
                        are. This cannot be undone.
                        """,
                    permission: .write, hints: .removes,
                    routes: [
                        Route(.post, "/api/characters/{character_id}/merge"),
                        Route(.post, "/api/anime/characters/{character_id}/merge"),
                    ]),
                input: MergeCharacters.self, output: MergedCharacter.self, run: mergeCharacters),
        ]
    }

    private func characterReads() -> [Operation] {
        [
            Operation(
                .init(
                    "studio.characters.list", "List the characters, of one project or of all, newest first.",
                    description: """
                        Answers a page; pass its `next_cursor` as `cursor` to get the next one. Each \
                        entry says how many pictures the character has and how many of them recall \
                        finds.
                        """,
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/characters"), Route(.get, "/api/anime/characters")],
                    tool: "list_characters"),
                input: ListCharacters.self, output: Page<StudioCharacter>.self, run: listCharacters),
            Operation(
                .init(
                    "studio.characters.get", "Show one character.",
                    description: """
                        Answers the character with the number of its pictures and of those that recall \
                        finds.
                        """,
                    permission: .read, hints: .reads,
                    routes: [
                        Route(.get, "/api/characters/{character_id}"),
                        Route(.get, "/api/anime/characters/{character_id}"),
                    ], tool: "get_character"),
                input: CharacterReference.self, output: StudioCharacter.self, run: getCharacter),
        ]
    }

    private func createCharacter(
        _ input: CreateCharacter, _ context: OperationContext
    ) async throws -> StudioCharacter {
        let name = try StudioName(input.name, field: "name")
        let (table, clock) = (table, clock)
        let added = TenantUsage(storedBytes: Int64(input.description?.utf8.count ?? 0), records: 1)
        let taken = try await quotas?.take(added, for: context.tenant) { db in
            let project = try table.requireProjectID(input.project ?? defaultProject, of: context.tenant, in: db)
            // One whose name is taken adds nothing: it is refused because of its name, whatever the quota.
            return try table.hasCharacter(name, inProject: project, in: db) ? TenantUsage() : added
        }
        defer { withExtendedLifetime(taken) {} }
        return try await store.write { db in
            let now = clock.now()
            let project = try table.requireProjectID(input.project ?? defaultProject, of: context.tenant, in: db)
            let new = StudioTable.NewCharacter(
                id: Identifier.make(now: now), projectID: project, name: name, description: input.description)
            try table.insertCharacter(new, tenant: context.tenant, in: db, now: now)
            return try table.character(new.id, of: context.tenant, in: db)
        }
    }

    private func listCharacters(
        _ input: ListCharacters, _ context: OperationContext
    ) async throws -> Page<StudioCharacter> {
        let page = try input.page()
        let table = table
        return try await store.read { db in
            let project = try input.project.map { try table.requireProjectID($0, of: context.tenant, in: db) }
            return try table.characters(ofProject: project, page, of: context.tenant, in: db)
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
        guard input.name != nil || input.description != nil else {
            throw HearthError(.invalidRequest, "There is nothing to change.", hint: "Send `name` or `description`.")
        }
        let name = try input.name.map { try StudioName($0, field: "name") }
        let (table, tenant) = (table, context.tenant)
        let length = Int64(input.description?.utf8.count ?? 0)
        let taken = try await quotas?.take(TenantUsage(storedBytes: length), for: tenant) { db in
            let known = try table.character(input.characterID, of: tenant, in: db).description
            return TenantUsage(storedBytes: max(length - Int64(known?.utf8.count ?? 0), 0))
        }
        defer { withExtendedLifetime(taken) {} }
        return try await store.write { db in
            if let name { try table.renameCharacter(input.characterID, to: name, of: tenant, in: db) }
            if let description = input.description {
                try table.setDescription(description, ofCharacter: input.characterID, of: tenant, in: db)
            }
            return try table.character(input.characterID, of: tenant, in: db)
        }
    }

    private func deleteCharacter(_ input: CharacterReference, _ context: OperationContext) async throws -> Deletion {
        let (table, tenant, now, id) = (table, context.tenant, clock.now(), input.characterID)
        let count = try await store.read { db in
            try table.countAnchors(of: .character(id), tenant: tenant, in: db)
        }
        try await delete { db in
            _ = try table.character(id, of: tenant, in: db)
            try table.hideCharacter(id, of: tenant, in: db, now: now)
            return StudioTable.Deletion(owner: .character(id), tenant: tenant)
        }
        return Deletion(deleted: id, anchorCount: count)
    }

    /// No file moves: paths are in the rows of the anchors.
    ///
    /// Anchors go over in steps. A merge that is cut short leaves two characters, each with the anchors that it has by
    /// then; the same merge again goes on.
    private func mergeCharacters(_ input: MergeCharacters, _ context: OperationContext) async throws -> MergedCharacter
    {
        guard input.characterID != input.otherCharacterID else {
            throw HearthError(.invalidRequest, "A character cannot be merged with itself.")
        }
        let tenant = context.tenant
        var moved = 0
        while true {
            let step = try await store.write { db in try mergeSome(input, of: tenant, in: db) }
            moved += step.moved
            try await blobs.remove(step.files)
            if let character = step.merged { return MergedCharacter(character: character, movedAnchorCount: moved) }
            try Task.checkCancellation()
        }
    }

    /// Some anchors of the other character, and with the last of them the character.
    /// - Returns: how many were moved, the files of those that both have, and the character when it has all of them.
    private func mergeSome(
        _ input: MergeCharacters, of tenant: Tenant, in db: any SQLConnection
    ) throws -> (moved: Int, files: [String], merged: StudioCharacter?) {
        let kept = try table.character(input.characterID, of: tenant, in: db)
        let other = try table.character(input.otherCharacterID, of: tenant, in: db)
        guard kept.projectID == other.projectID else {
            throw HearthError(
                .unprocessable, "The characters are of two projects.",
                hint: "Only characters of one project can be merged.")
        }
        let anchors = try table.anchors(of: .character(other.characterID), limit: Limits.stepAnchors, in: db)
        let doubles = try table.doubles(among: anchors, of: kept.characterID, in: db)
        try remove(anchors.filter { doubles.contains($0.anchorID) }, of: tenant, in: db)
        let moved = anchors.map(\.anchorID).filter { !doubles.contains($0) }
        try table.moveAnchors(moved, to: kept.characterID, in: db)
        try vectors.change(items: moved, owner: kept.characterID, in: db)
        let files = anchors.filter { doubles.contains($0.anchorID) }.flatMap(\.files)
        let outputs = try outputTable.moveOutputs(
            from: other.characterID, to: kept.characterID, limit: Limits.stepItems, in: db)
        guard anchors.count < Limits.stepAnchors, outputs < Limits.stepItems else { return (moved.count, files, nil) }
        try table.deleteCharacter(other.characterID, of: tenant, in: db)
        if kept.description == nil, let text = other.description {
            try table.setDescription(text, ofCharacter: kept.characterID, of: tenant, in: db)
        }
        return (moved.count, files, try table.character(kept.characterID, of: tenant, in: db))
    }
}

/// The project of those who name none.
let defaultProject = "default"

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

/// Input of `studio.characters.create`.
struct CreateCharacter: Sendable, Codable, SchemaDescribed {
    var project: String?
    var name: String
    var description: String?

    static let fields = [
        "project": projectField,
        "name": FieldNote(
            "Unique within the project; case does not matter.", minLength: 1, example: "Mira",
            schema: ["format": "name"]),
        "description": descriptionField,
    ]
}

/// Input of `studio.characters.list`.
struct ListCharacters: Sendable, Codable, PagedInput {
    var project: String?
    var cursor: String?
    var limit: Int?

    static let fields = pageFields(and: ["project": projectField])
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
    var description: String?

    static let fields = [
        "character_id": FieldNote("Identifier of a character."),
        "name": FieldNote("The new name.", minLength: 1, schema: ["format": "name"]),
        "description": descriptionField,
    ]
}

/// Input of `studio.characters.merge`.
struct MergeCharacters: Sendable, Codable, SchemaDescribed {
    var characterID: String
    var otherCharacterID: String

    static let fields = [
        "character_id": FieldNote("Identifier of the character that stays, with its name."),
        "other_character_id": FieldNote(
            "Identifier of the character whose pictures it gets; it is deleted. Pictures that both have are kept once."
        ),
    ]
}

/// Output of `studio.characters.merge`.
struct MergedCharacter: Sendable, Codable, SchemaDescribed {
    var character: StudioCharacter
    var movedAnchorCount: Int

    static let fields = [
        "character": FieldNote("The character that stays, as it is now."),
        "moved_anchor_count": FieldNote("Pictures that it got."),
    ]
}

private let descriptionField = FieldNote("Who the character is, in free text.", maxLength: 10_000)

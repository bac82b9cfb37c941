package import HearthCore
import HearthJSON
import HearthJobs

/// A provisional character, as the generator that asked for it needs to know it.
package struct ProvisionalCharacter: Sendable, Equatable {
    package let characterID: String
    package let name: String
    package let handle: String
    package let anchorID: String
    /// The job that gives the anchor its vector.
    package let jobID: String
}

extension Studio {
    /// Makes a character of a picture that a generated video shows: findable at once, and marked until a person has
    /// confirmed it, merged it into another one, or dropped it.
    ///
    /// There is one of an output: the same call again, by a job that is tried again, answers the same character.
    /// - Parameters:
    ///   - picture: the character cut out of the output's best frame.
    ///   - output: identifier of the output.
    ///   - project: identifier of its project.
    /// - Throws: ``HearthError`` `not_found` for the project, `quota_exceeded`, and as files are written.
    package func makeProvisionalCharacter(
        of picture: InspectedImage, output: String, project: String, tenant: Tenant
    ) async throws -> ProvisionalCharacter {
        let registered = try await register(
            picture, .output(id: output, project: project), role: .primary, tenant: tenant)
        let table = table
        return try await store.read { db in
            let character = try table.character(registered.characterID, of: tenant, in: db)
            return ProvisionalCharacter(
                characterID: character.characterID, name: character.name, handle: character.handle,
                anchorID: registered.anchorID, jobID: registered.jobID)
        }
    }

    func provisionalOperations() -> [Operation] {
        [
            Operation(
                .init(
                    "studio.characters.confirm", "Say that a provisional character is one.",
                    description: """
                        The mark is taken away, and the character gets the name and the handle that are given. A \
                        character that is confirmed already only changes its names.
                        """,
                    permission: .write, hints: .replaces, routes: Self.castRoutes("confirm")),
                input: ConfirmCharacter.self, output: StudioCharacter.self, run: confirmCharacter),
            Operation(
                .init(
                    "studio.characters.drop", "Delete a provisional character with its pictures.",
                    description: """
                        Deletes the character as `studio.characters.delete` does; the output that it was made of \
                        stays. Refused with `conflict` for a character that is not provisional.
                        """,
                    permission: .write, hints: .removes, routes: Self.castRoutes("drop")),
                input: CharacterReference.self, output: Deletion.self
            ) { input, context in
                try await deleteCharacter(input.characterID, of: context.tenant) { character in
                    guard character.isProvisional else {
                        throw HearthError(
                            .conflict, "The character \(character.name) is not provisional.",
                            hint: "`studio.characters.delete` deletes any character.")
                    }
                }
            },
        ]
    }

    private func confirmCharacter(
        _ input: ConfirmCharacter, _ context: OperationContext
    ) async throws -> StudioCharacter {
        let name = try input.name.map { try StudioName($0, field: "name") }
        let handle = try input.handle.map { raw throws(HearthError) in try Handle(raw) }
        let (table, tenant) = (table, context.tenant)
        return try await store.write { db in
            let character = try table.unmergedCharacter(input.characterID, of: tenant, in: db)
            let id = character.characterID
            if let name { try table.renameCharacter(id, to: name, of: tenant, in: db) }
            if let handle {
                try table.setHandle(handle, ofCharacter: id, of: tenant, in: db)
            } else if let name, character.isProvisional {
                // The handle of the provisional name says nothing.
                let free = try table.freeHandle(
                    Handle.derived(from: name.text), project: character.projectID, in: db)
                try table.setHandle(Handle(free), ofCharacter: id, of: tenant, in: db)
            }
            try table.confirm(id, of: tenant, in: db)
            try table.index(id, in: db)
            return try table.character(id, of: tenant, in: db)
        }
    }
}

extension StudioTable {
    /// Takes the mark of a provisional character away; which output it was made of stays known.
    func confirm(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws {
        try db.execute("UPDATE characters SET is_provisional = 0 WHERE id = \(id) AND tenant = \(tenant)")
    }

    /// A name that no character of the project has: `Unnamed 3`.
    func freeName(project: String, in db: any SQLConnection) throws -> StudioName {
        let count = try db.value("SELECT COUNT(*) FROM characters WHERE project_id = \(project)", as: Int.self) ?? 0
        for number in count + 1...count + Limits.numberedHandles {
            let name = try StudioName("Unnamed \(number)", field: "name")
            if try !isTaken(name, project: project, in: db) { return name }
        }
        return try StudioName("Unnamed \(Identifier.make().suffix(8))", field: "name")
    }
}

/// Input of `studio.characters.confirm`.
struct ConfirmCharacter: Sendable, Codable, SchemaDescribed {
    var characterID: String
    var name: String?
    var handle: String?

    static let fields = [
        "character_id": FieldNote("Identifier of a character."),
        "name": FieldNote("Its name from now on; it stays when absent.", minLength: 1, schema: ["format": "name"]),
        "handle": handleField,
    ]
}

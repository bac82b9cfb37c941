import HearthCore

/// Where a new anchor belongs: what exists already, and identifiers for what does not.
struct AnchorTarget: Sendable, Equatable {
    var projectID: String
    var isNewProject: Bool
    var characterID: String
    var isNewCharacter: Bool
    /// The anchor of this character that has the same bytes.
    var knownAnchorID: String?

    /// The identifiers of what did not exist.
    fileprivate var newProjectID: String? { isNewProject ? projectID : nil }
    fileprivate var newCharacterID: String? { isNewCharacter ? characterID : nil }
}

/// What a registration names: a character by id, a project and a character by name, or the provisional character of an
/// output.
enum AnchorAddress: Sendable {
    case character(id: String)
    case name(project: ProjectKey, character: StudioName)
    case output(id: String, project: String)
}

/// What there is of a target; the statement that reads it is the only one that most registrations need.
private struct FoundTarget: SQLDecodable {
    let projectID: String
    let characterID: String?
    let anchorID: String?

    init(row: inout SQLRow) throws {
        projectID = try row.next()
        characterID = try row.next()
        anchorID = try row.next()
    }
}

extension StudioTable {
    /// Looks up what an address names, and whether the character has the same bytes already; proposes identifiers for
    /// what is missing.
    /// - Parameter proposal: of an earlier look-up; its identifiers for what was missing are kept while it still is.
    /// - Throws: ``HearthError`` `not_found` for an id that names nothing.
    func target(
        of address: AnchorAddress, sha256: String, tenant: Tenant, proposal: AnchorTarget? = nil,
        in db: any SQLConnection
    ) throws -> AnchorTarget {
        let found: FoundTarget?
        switch address {
        case .character(let id):
            found =
                try find(id, sha256: sha256, tenant: tenant, in: db)
                ?? keptCharacter(of: id, tenant: tenant, in: db).flatMap {
                    try find($0, sha256: sha256, tenant: tenant, in: db)
                }
            if found == nil { throw try missingCharacter(id, of: tenant, in: db) }
        case .name(let project, let character):
            found = try find(project, character, sha256: sha256, tenant: tenant, in: db)
            if found == nil, project.isIdentifier { throw Self.missing("project") }
        case .output(let output, let project):
            found = try find(output: output, in: project, sha256: sha256, tenant: tenant, in: db)
            if found == nil { throw Self.missing("project") }
        }
        return AnchorTarget(
            projectID: found?.projectID ?? proposal?.newProjectID ?? Identifier.make(), isNewProject: found == nil,
            characterID: found?.characterID ?? proposal?.newCharacterID ?? Identifier.make(),
            isNewCharacter: found?.characterID == nil, knownAnchorID: found?.anchorID)
    }

    private func find(
        _ character: String, sha256: String, tenant: Tenant, in db: any SQLConnection
    ) throws -> FoundTarget? {
        try db.row(
            """
            SELECT c.project_id, c.id, a.id FROM kept_characters c
              LEFT JOIN anchors a ON a.character_id = c.id AND a.sha256 = \(sha256)
            WHERE c.id = \(character) AND c.tenant = \(tenant)
            """, as: FoundTarget.self)
    }

    private func find(
        output: String, in project: String, sha256: String, tenant: Tenant, in db: any SQLConnection
    ) throws -> FoundTarget? {
        // A character that was merged since stands for the one that it was merged into.
        try db.row(
            """
            SELECT p.id, COALESCE(c.merged_into, c.id), a.id FROM kept_projects p
              LEFT JOIN characters c ON c.tenant = p.tenant AND c.made_of = \(output)
              LEFT JOIN anchors a ON a.character_id = COALESCE(c.merged_into, c.id) AND a.sha256 = \(sha256)
            WHERE p.id = \(project) AND p.tenant = \(tenant)
            """, as: FoundTarget.self)
    }

    private func find(
        _ project: ProjectKey, _ character: StudioName, sha256: String, tenant: Tenant, in db: any SQLConnection
    ) throws -> FoundTarget? {
        func find(_ condition: SQL) throws -> FoundTarget? {
            try db.row(
                """
                SELECT p.id, c.id, a.id FROM kept_projects p
                  LEFT JOIN characters c ON c.project_id = p.id AND c.name_key = \(character.key)
                  LEFT JOIN anchors a ON a.character_id = c.id AND a.sha256 = \(sha256)
                WHERE p.tenant = \(tenant) AND \(condition)
                """, as: FoundTarget.self)
        }
        if project.isIdentifier, let found = try find("p.id = \(project.text)") { return found }
        return try find("p.name_key = \(project.name.key)")
    }
}

import HearthCore

/// Where a new anchor belongs: what exists already, and identifiers for what does not.
struct AnchorTarget: Sendable, Equatable {
    var projectID: String
    var isNewProject: Bool
    var characterID: String
    var isNewCharacter: Bool
}

/// What a registration names: a character by id, or a project and a character by name.
enum AnchorAddress: Sendable {
    case character(id: String)
    case name(project: ProjectKey, character: StudioName)
}

extension StudioTable {
    /// Looks up what an address names; proposes identifiers for what is missing.
    /// - Parameter proposal: of an earlier look-up; its identifiers for what was missing are kept while it still is.
    /// - Throws: ``HearthError`` `not_found` for an id that names nothing.
    func target(
        of address: AnchorAddress, tenant: Tenant, proposal: AnchorTarget? = nil, in db: any SQLConnection
    ) throws -> AnchorTarget {
        switch address {
        case .character(let id):
            return AnchorTarget(
                projectID: try requireProjectID(ofCharacter: id, of: tenant, in: db), isNewProject: false,
                characterID: id, isNewCharacter: false)
        case .name(let project, let character):
            guard let projectID = try projectID(project, of: tenant, in: db) else {
                guard !project.isIdentifier else { throw Self.missing("project") }
                return AnchorTarget(
                    projectID: proposal.flatMap { $0.isNewProject ? $0.projectID : nil } ?? Identifier.make(),
                    isNewProject: true,
                    characterID: proposal.flatMap { $0.isNewCharacter ? $0.characterID : nil } ?? Identifier.make(),
                    isNewCharacter: true)
            }
            let existing = try characterID(named: character, project: projectID, in: db)
            return AnchorTarget(
                projectID: projectID, isNewProject: false,
                characterID: existing ?? proposal.flatMap { $0.isNewCharacter ? $0.characterID : nil }
                    ?? Identifier.make(),
                isNewCharacter: existing == nil)
        }
    }

    /// The anchor of a target with the same bytes; a character that is new has none.
    func anchor(of target: AnchorTarget, sha256: String, in db: any SQLConnection) throws -> Anchor? {
        guard !target.isNewCharacter else { return nil }
        return try anchor(ofCharacter: target.characterID, sha256: sha256, in: db)
    }
}

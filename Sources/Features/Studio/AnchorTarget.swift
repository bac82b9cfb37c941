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
    case name(project: String, character: StudioName)
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
            let character = try character(id, of: tenant, in: db)
            return AnchorTarget(
                projectID: character.projectID, isNewProject: false, characterID: id, isNewCharacter: false)
        case .name(let project, let character):
            guard let projectID = try projectID(project, of: tenant, in: db) else {
                guard !Identifier.isValid(project) else { throw Self.missing("project") }
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
}

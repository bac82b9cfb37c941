import HearthCore
import HearthJSON

/// A character and its project, as errors name them.
struct NamedCharacter: Sendable, Equatable {
    let id: String
    let name: String
    let projectID: String
    let project: String
}

/// Characters by what people call them, and what is said of those that there are not.
extension StudioTable {
    /// Most characters that an error names.
    private static let namedCharacters = 5

    /// Characters of a name or a handle in all projects of a tenant, by the names of their projects; a few of them.
    func characters(
        called name: StudioName, of tenant: Tenant, in db: any SQLConnection
    ) throws -> [NamedCharacter] {
        let condition: SQL = "c.name_key = \(name.key)"
        return try namedCharacters(condition, of: tenant, limit: Self.namedCharacters + 1, in: db)
    }

    /// The same for handles.
    func characters(
        withHandle handle: String, of tenant: Tenant, in db: any SQLConnection
    ) throws -> [NamedCharacter] {
        try namedCharacters("c.handle = \(handle)", of: tenant, limit: Self.namedCharacters + 1, in: db)
    }

    private func namedCharacters(
        _ condition: SQL, of tenant: Tenant, limit: Int, in db: any SQLConnection
    ) throws -> [NamedCharacter] {
        try db.rows(
            """
            SELECT c.id, c.name, p.id, p.name FROM kept_projects p
              JOIN kept_characters c ON c.project_id = p.id AND \(condition)
            WHERE p.tenant = \(tenant) ORDER BY CASE WHEN p.name_key = \(defaultProject) THEN 0 ELSE 1 END, p.name_key
            LIMIT \(limit)
            """
        ) { row in
            NamedCharacter(
                id: try row.next(), name: try row.next(), projectID: try row.next(), project: try row.next())
        }
    }

    /// The only character of a name in all projects; nil when there is none.
    /// - Throws: ``HearthError`` `invalid_request` that names the projects when several have one.
    func onlyCharacter(called name: StudioName, of tenant: Tenant, in db: any SQLConnection) throws -> NamedCharacter? {
        try Self.onlyOne(characters(called: name, of: tenant, in: db), called: name.text)
    }

    /// - Throws: ``HearthError`` `invalid_request` that names the projects when there are several.
    static func onlyOne(_ found: [NamedCharacter], called name: String) throws(HearthError) -> NamedCharacter? {
        guard found.count > 1 else { return found.first }
        throw HearthError(
            .invalidRequest, "Several projects have a character `\(name)`: \(projects(of: found)).",
            hint: "Name the `project` that is meant.")
    }

    private static func projects(of found: [NamedCharacter]) -> String {
        let names = found.prefix(namedCharacters).map(\.project).joined(separator: ", ")
        return found.count > namedCharacters ? "\(names) and more" : names
    }

    /// The character of a name in one project.
    /// - Throws: ``HearthError`` `not_found`.
    func requireCharacterID(
        _ name: StudioName, inProject project: String, of tenant: Tenant, in db: any SQLConnection
    ) throws -> String {
        let id = try db.value(
            "SELECT id FROM kept_characters WHERE project_id = \(project) AND name_key = \(name.key)", as: String.self)
        if let id { return id }
        let elsewhere = try characters(called: name, of: tenant, in: db)
        guard elsewhere.isEmpty else {
            throw Self.missing(
                "character", hint: "`\(name.text)` is in another project: \(Self.projects(of: elsewhere)).")
        }
        throw try missingCharacter(name.text, inProject: project, of: tenant, in: db)
    }

    /// The error about a character that there is not, by an identifier or a name; it names those that may be meant.
    /// - Parameter project: nil: any.
    func missingCharacter(
        _ reference: String, inProject project: String? = nil, of tenant: Tenant, in db: any SQLConnection
    ) throws -> HearthError {
        let list = "`GET /api/characters` lists them."
        guard !Identifier.isValid(reference), let name = try? StudioName(reference, field: "character") else {
            return Self.missing("character", hint: list)
        }
        let called = try project == nil ? characters(called: name, of: tenant, in: db) : []
        guard called.isEmpty else {
            let shown = called.prefix(Self.namedCharacters).map { "\($0.id) (project \($0.project))" }
            return Self.missing(
                "character",
                hint: "An identifier is needed here, and `\(reference)` is a name, of \(shown.joined(separator: ", "))."
            )
        }
        let condition: SQL = if let project { " AND project_id = \(project)" } else { "" }
        let names = try db.values(
            """
            SELECT name FROM kept_characters WHERE tenant = \(tenant)\(condition)
            ORDER BY id DESC LIMIT \(Limits.comparedNames)
            """, as: String.self)
        let near = NearestName.of(reference, among: names).map { "Did you mean `\($0)`? " } ?? ""
        return Self.missing("character", hint: near + list)
    }
}

package import HearthCore
import HearthJSON

/// The SQL of projects, characters and anchors.
package struct StudioTable: Sendable {
    package init() {}

    /// What a tenant has of projects, characters with their descriptions, anchors and their pictures.
    package static func usage(of tenant: Tenant, in db: any SQLConnection) throws -> TenantUsage {
        try db.row(
            """
            SELECT COALESCE(SUM(a.bytes), 0) + (
                SELECT CAST(COALESCE(SUM(\(verbatim: db.dialect.bytes(of: "description"))), 0) AS BIGINT)
                FROM characters WHERE tenant = \(tenant)),
              COUNT(*) + (SELECT COUNT(*) FROM projects WHERE tenant = \(tenant))
                + (SELECT COUNT(*) FROM characters WHERE tenant = \(tenant))
            FROM projects p JOIN anchors a ON a.project_id = p.id
            WHERE p.tenant = \(tenant)
            """
        ) { row in TenantUsage(storedBytes: try row.next(), records: try row.next()) } ?? TenantUsage()
    }

    // MARK: Projects

    func insertProject(id: String, _ name: StudioName, tenant: Tenant, in db: any SQLConnection, now: Int64) throws {
        do {
            try db.execute(
                """
                INSERT INTO projects (id, tenant, name, name_key, created_at)
                VALUES (\(id), \(tenant), \(name.text), \(name.key), \(now))
                """)
        } catch let error as StoreConstraintError where error.kind == .unique {
            throw Self.taken("project", name)
        }
    }

    /// Whether a tenant has a project of a name.
    func hasProject(_ name: StudioName, of tenant: Tenant, in db: any SQLConnection) throws -> Bool {
        try db.exists("SELECT id FROM kept_projects WHERE tenant = \(tenant) AND name_key = \(name.key)")
    }

    /// The id of the project with this id or name; nil when there is none.
    func projectID(_ reference: ProjectKey, of tenant: Tenant, in db: any SQLConnection) throws -> String? {
        if reference.isIdentifier {
            let id = try db.value(
                "SELECT id FROM kept_projects WHERE id = \(reference.text) AND tenant = \(tenant)", as: String.self)
            if let id { return id }
        }
        return try db.value(
            "SELECT id FROM kept_projects WHERE tenant = \(tenant) AND name_key = \(reference.name.key)",
            as: String.self)
    }

    /// - Throws: ``HearthError`` `not_found`, which names the project that was probably meant.
    func requireProjectID(_ reference: String, of tenant: Tenant, in db: any SQLConnection) throws -> String {
        guard let id = try projectID(ProjectKey(reference), of: tenant, in: db) else {
            throw try missingProject(reference, of: tenant, in: db)
        }
        return id
    }

    private func missingProject(
        _ reference: String, of tenant: Tenant, in db: any SQLConnection
    ) throws -> HearthError {
        guard !Identifier.isValid(reference) else { return Self.missing("project") }
        let names = try db.values(
            "SELECT name FROM kept_projects WHERE tenant = \(tenant) ORDER BY id DESC LIMIT \(Limits.comparedNames)",
            as: String.self)
        let near = NearestName.of(reference, among: names)
        return Self.missing("project", hint: near.map { "Did you mean `\($0)`?" })
    }

    func project(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> Project {
        let project = try db.row(
            "SELECT \(Project.columns) FROM kept_projects p WHERE p.id = \(id) AND p.tenant = \(tenant)",
            as: Project.self)
        guard let project else { throw Self.missing("project") }
        return project
    }

    func projects(_ page: PageRequest, of tenant: Tenant, in db: any SQLConnection) throws -> Page<Project> {
        try db.page(
            page, of: "SELECT \(Project.columns) FROM kept_projects p WHERE p.tenant = \(tenant)", by: "p.id",
            cursor: \Project.projectID)
    }

    func renameProject(_ id: String, to name: StudioName, of tenant: Tenant, in db: any SQLConnection) throws {
        do {
            try db.execute(
                """
                UPDATE projects SET name = \(name.text), name_key = \(name.key)
                WHERE id = \(id) AND tenant = \(tenant)
                """)
        } catch let error as StoreConstraintError where error.kind == .unique {
            throw Self.taken("project", name)
        }
    }

    // MARK: Characters

    /// A character to be inserted.
    struct NewCharacter: Sendable {
        let id: String
        let projectID: String
        let name: StudioName
        let description: String?
    }

    func insertCharacter(_ new: NewCharacter, tenant: Tenant, in db: any SQLConnection, now: Int64) throws {
        do {
            try db.execute(
                """
                INSERT INTO characters (id, tenant, project_id, name, name_key, description, created_at)
                VALUES (\(new.id), \(tenant), \(new.projectID), \(new.name.text), \(new.name.key), \(new.description),
                  \(now))
                """)
        } catch let error as StoreConstraintError where error.kind == .unique {
            throw Self.taken("character", new.name)
        }
    }

    /// Whether a project has a character of a name.
    func hasCharacter(_ name: StudioName, inProject project: String, in db: any SQLConnection) throws -> Bool {
        try db.exists("SELECT id FROM kept_characters WHERE project_id = \(project) AND name_key = \(name.key)")
    }

    func character(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StudioCharacter {
        let character = try db.row(
            "SELECT \(StudioCharacter.columns) FROM kept_characters c WHERE c.id = \(id) AND c.tenant = \(tenant)",
            as: StudioCharacter.self)
        guard let character else { throw Self.missing("character") }
        return character
    }

    func characters(
        ofProject project: String?, _ page: PageRequest, of tenant: Tenant, in db: any SQLConnection
    ) throws -> Page<StudioCharacter> {
        let condition: SQL = if let project { " AND c.project_id = \(project)" } else { "" }
        return try db.page(
            page,
            of: "SELECT \(StudioCharacter.columns) FROM kept_characters c WHERE c.tenant = \(tenant)\(condition)",
            by: "c.id", cursor: \StudioCharacter.characterID)
    }

    func renameCharacter(_ id: String, to name: StudioName, of tenant: Tenant, in db: any SQLConnection) throws {
        do {
            try db.execute(
                """
                UPDATE characters SET name = \(name.text), name_key = \(name.key)
                WHERE id = \(id) AND tenant = \(tenant)
                """)
        } catch let error as StoreConstraintError where error.kind == .unique {
            throw Self.taken("character", name)
        }
    }

    func setDescription(_ text: String, ofCharacter id: String, of tenant: Tenant, in db: any SQLConnection) throws {
        try db.execute("UPDATE characters SET description = \(text) WHERE id = \(id) AND tenant = \(tenant)")
    }

    /// Names of characters and their projects, for the answers of recall.
    func names(ofCharacters ids: [String], in db: any SQLConnection) throws -> [String: (name: String, project: String)]
    {
        guard !ids.isEmpty else { return [:] }
        let rows = try db.rows(
            """
            SELECT c.id, c.name, p.name FROM kept_characters c JOIN projects p ON p.id = c.project_id
            WHERE c.id IN \(list: ids)
            """
        ) { row in (try row.next(String.self), (name: try row.next(String.self), project: try row.next(String.self))) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    // MARK: Errors

    static func missing(_ what: String, hint: String? = nil) -> HearthError {
        HearthError(.notFound, "There is no such \(what).", hint: hint)
    }

    private static func taken(_ what: String, _ name: StudioName) -> HearthError {
        HearthError(
            .conflict, "There is already a \(what) with this name.",
            hint: "Names are unique and case does not matter.")
    }
}

// MARK: Rows

extension Project: SQLDecodable {
    /// Of a table `projects p`.
    static let columns: SQL = """
        p.id, p.name, (SELECT COUNT(*) FROM kept_characters c WHERE c.project_id = p.id), p.created_at
        """

    init(row: inout SQLRow) throws {
        projectID = try row.next()
        name = try row.next()
        characterCount = try row.next()
        createdAt = try row.next()
    }
}

extension StudioCharacter: SQLDecodable {
    /// Of a table `characters c`.
    static let columns: SQL = """
        c.id, c.project_id, c.name, c.description,
          (SELECT COUNT(*) FROM anchors a WHERE a.character_id = c.id),
          (SELECT COUNT(*) FROM anchors a WHERE a.character_id = c.id AND a.embedded_digest IS NOT NULL), c.created_at
        """

    init(row: inout SQLRow) throws {
        characterID = try row.next()
        projectID = try row.next()
        name = try row.next()
        description = try row.next()
        anchorCount = try row.next()
        rememberedCount = try row.next()
        createdAt = try row.next()
    }
}

import HearthCore

/// The SQL of projects, characters and anchors.
package struct StudioTable: Sendable {
    package init() {}

    // MARK: Projects

    func insertProject(id: String, _ name: StudioName, tenant: Tenant, in db: any SQLConnection, now: Int64) throws {
        do {
            try db.execute(
                "INSERT INTO projects (id, tenant, name, name_key, created_at) VALUES (?, ?, ?, ?, ?)",
                [.text(id), .text(tenant.rawValue), .text(name.text), .text(name.key), .integer(now)])
        } catch let error as StoreConstraintError where error.kind == .unique {
            throw Self.taken("project", name)
        }
    }

    /// The id of the project with this id or name; nil when there is none.
    func projectID(_ reference: String, of tenant: Tenant, in db: any SQLConnection) throws -> String? {
        if Identifier.isValid(reference) {
            let row = try db.first(
                "SELECT id FROM projects WHERE id = ? AND tenant = ?", [.text(reference), .text(tenant.rawValue)])
            if let row { return try row.text("id") }
        }
        let name = try StudioName(reference, field: "project")
        return try db.first(
            "SELECT id FROM projects WHERE tenant = ? AND name_key = ?", [.text(tenant.rawValue), .text(name.key)]
        )?.text("id")
    }

    /// - Throws: ``HearthError`` `not_found`.
    func requireProjectID(_ reference: String, of tenant: Tenant, in db: any SQLConnection) throws -> String {
        guard let id = try projectID(reference, of: tenant, in: db) else { throw Self.missing("project") }
        return id
    }

    private static let projectColumns = """
        SELECT p.id, p.name, p.created_at,
          (SELECT COUNT(*) FROM characters c WHERE c.project_id = p.id) AS characters FROM projects p
        """

    func project(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> Project {
        let row = try db.first(
            "\(Self.projectColumns) WHERE p.id = ? AND p.tenant = ?", [.text(id), .text(tenant.rawValue)])
        guard let row else { throw Self.missing("project") }
        return try Self.project(row)
    }

    func projects(_ page: PageRequest, of tenant: Tenant, in db: any SQLConnection) throws -> Page<Project> {
        let rows = try db.query(
            "\(Self.projectColumns) WHERE p.tenant = ? AND p.id < ? ORDER BY p.id DESC LIMIT ?",
            [.text(tenant.rawValue), .text(page.before), .int(page.limit + 1)])
        return try Page(rows: rows.map(Self.project), limit: page.limit, cursor: \.projectID)
    }

    func renameProject(_ id: String, to name: StudioName, of tenant: Tenant, in db: any SQLConnection) throws {
        do {
            try db.execute(
                "UPDATE projects SET name = ?, name_key = ? WHERE id = ? AND tenant = ?",
                [.text(name.text), .text(name.key), .text(id), .text(tenant.rawValue)])
        } catch let error as StoreConstraintError where error.kind == .unique {
            throw Self.taken("project", name)
        }
    }

    /// Deletes a project; characters and anchors go with it.
    func deleteProject(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws {
        try db.execute("DELETE FROM projects WHERE id = ? AND tenant = ?", [.text(id), .text(tenant.rawValue)])
    }

    private static func project(_ row: SQLRow) throws -> Project {
        Project(
            projectID: try row.text("id"), name: try row.text("name"),
            characterCount: Int(try row.integer("characters")), createdAt: try row.integer("created_at"))
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
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    .text(new.id), .text(tenant.rawValue), .text(new.projectID), .text(new.name.text),
                    .text(new.name.key), .optional(new.description), .integer(now),
                ])
        } catch let error as StoreConstraintError where error.kind == .unique {
            throw Self.taken("character", new.name)
        }
    }

    func characterID(named name: StudioName, project: String, in db: any SQLConnection) throws -> String? {
        try db.first(
            "SELECT id FROM characters WHERE project_id = ? AND name_key = ?", [.text(project), .text(name.key)]
        )?.text("id")
    }

    private static let characterColumns = """
        SELECT c.id, c.project_id, c.name, c.description, c.created_at,
          (SELECT COUNT(*) FROM anchors a WHERE a.character_id = c.id) AS anchors,
          (SELECT COUNT(*) FROM anchors a WHERE a.character_id = c.id AND a.embedded_digest IS NOT NULL) AS remembered
        FROM characters c
        """

    func character(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StudioCharacter {
        let row = try db.first(
            "\(Self.characterColumns) WHERE c.id = ? AND c.tenant = ?", [.text(id), .text(tenant.rawValue)])
        guard let row else { throw Self.missing("character") }
        return try Self.character(row)
    }

    func characters(
        ofProject project: String?, _ page: PageRequest, of tenant: Tenant, in db: any SQLConnection
    ) throws -> Page<StudioCharacter> {
        var arguments: [SQLValue] = [.text(tenant.rawValue), .text(page.before)]
        if let project { arguments.append(.text(project)) }
        let rows = try db.query(
            """
            \(Self.characterColumns) WHERE c.tenant = ? AND c.id < ?\(project == nil ? "" : " AND c.project_id = ?")
            ORDER BY c.id DESC LIMIT ?
            """, arguments + [.int(page.limit + 1)])
        return try Page(rows: rows.map(Self.character), limit: page.limit, cursor: \.characterID)
    }

    func renameCharacter(_ id: String, to name: StudioName, of tenant: Tenant, in db: any SQLConnection) throws {
        do {
            try db.execute(
                "UPDATE characters SET name = ?, name_key = ? WHERE id = ? AND tenant = ?",
                [.text(name.text), .text(name.key), .text(id), .text(tenant.rawValue)])
        } catch let error as StoreConstraintError where error.kind == .unique {
            throw Self.taken("character", name)
        }
    }

    func setDescription(_ text: String, ofCharacter id: String, of tenant: Tenant, in db: any SQLConnection) throws {
        try db.execute(
            "UPDATE characters SET description = ? WHERE id = ? AND tenant = ?",
            [.text(text), .text(id), .text(tenant.rawValue)])
    }

    func deleteCharacter(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws {
        try db.execute("DELETE FROM characters WHERE id = ? AND tenant = ?", [.text(id), .text(tenant.rawValue)])
    }

    /// Names of characters and their projects, for the answers of recall.
    func names(ofCharacters ids: [String], in db: any SQLConnection) throws -> [String: (name: String, project: String)]
    {
        guard !ids.isEmpty else { return [:] }
        let rows = try db.query(
            """
            SELECT c.id, c.name, p.name AS project FROM characters c JOIN projects p ON p.id = c.project_id
            WHERE c.id IN (\(db.placeholders(ids.count)))
            """, ids.map(SQLValue.text))
        return Dictionary(
            uniqueKeysWithValues: try rows.map {
                (try $0.text("id"), (name: try $0.text("name"), project: try $0.text("project")))
            })
    }

    private static func character(_ row: SQLRow) throws -> StudioCharacter {
        StudioCharacter(
            characterID: try row.text("id"), projectID: try row.text("project_id"), name: try row.text("name"),
            description: row.optionalText("description"), anchorCount: Int(try row.integer("anchors")),
            rememberedCount: Int(try row.integer("remembered")), createdAt: try row.integer("created_at"))
    }

    // MARK: Errors

    static func missing(_ what: String) -> HearthError {
        HearthError(.notFound, "There is no such \(what).")
    }

    private static func taken(_ what: String, _ name: StudioName) -> HearthError {
        HearthError(
            .conflict, "There is already a \(what) with this name.",
            hint: "Names are unique and case does not matter.")
    }
}

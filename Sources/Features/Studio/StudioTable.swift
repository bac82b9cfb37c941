package import HearthCore
import HearthJSON

/// The SQL of projects, characters and anchors.
package struct StudioTable: Sendable {
    package init() {}

    /// What a tenant has of projects, characters with their texts, anchors and their pictures, and presets.
    package static func usage(of tenant: Tenant, in db: any SQLConnection) throws -> TenantUsage {
        let pictures = try db.row(
            """
            SELECT COALESCE(SUM(a.bytes), 0), COUNT(*) FROM projects p JOIN anchors a ON a.project_id = p.id
            WHERE p.tenant = \(tenant)
            """, as: Counted.self)
        let projects = try db.row("SELECT 0, COUNT(*) FROM projects WHERE tenant = \(tenant)", as: Counted.self)
        let characters = try db.row(
            """
            SELECT CAST(COALESCE(SUM(\(verbatim: db.dialect.bytes(of: "description"))), 0) AS BIGINT), COUNT(*)
            FROM characters WHERE tenant = \(tenant)
            """, as: Counted.self)
        let bibles = try db.row(
            """
            SELECT CAST(COALESCE(SUM(v.bytes), 0) AS BIGINT), 0 FROM characters c
              JOIN bible_versions v ON v.character_id = c.id WHERE c.tenant = \(tenant)
            """, as: Counted.self)
        let presets = try db.row(
            """
            SELECT CAST(COALESCE(SUM(\(verbatim: db.dialect.bytes(of: "content"))), 0) AS BIGINT), COUNT(*)
            FROM style_presets WHERE tenant = \(tenant)
            """, as: Counted.self)
        return [pictures, projects, characters, bibles, presets].reduce(TenantUsage()) { sum, part in
            sum + TenantUsage(storedBytes: part?.bytes ?? 0, records: part?.records ?? 0)
        }
    }

    /// Bytes and rows of one table.
    private struct Counted: SQLDecodable {
        let bytes: Int64
        let records: Int64

        init(row: inout SQLRow) throws {
            bytes = try row.next()
            records = try row.next()
        }
    }

    // MARK: Projects

    /// - Parameter style: nil: none was chosen.
    func insertProject(
        id: String, _ name: StudioName, style: String? = nil, tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws {
        do {
            try db.execute(
                """
                INSERT INTO projects (id, tenant, name, name_key, style, created_at)
                VALUES (\(id), \(tenant), \(name.text), \(name.key), \(style), \(now))
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

    func setStyle(_ style: String, ofProject id: String, of tenant: Tenant, in db: any SQLConnection) throws {
        try db.execute("UPDATE projects SET style = \(style) WHERE id = \(id) AND tenant = \(tenant)")
    }

    // MARK: Characters

    /// A character to be inserted.
    struct NewCharacter: Sendable {
        let id: String
        let projectID: String
        let name: StudioName
        var description: String?
        /// Nil: one that the name suggests.
        var handle: Handle?
        /// The output that a provisional character is made of; nil for others.
        var madeOf: String?
        /// The character that it is imported as a copy of.
        var origin: String?
        var isProvisional = false
    }

    /// Adds a character that can be searched for.
    /// - Throws: ``HearthError`` `conflict` for a name or handle that the project has.
    func insertCharacter(_ new: NewCharacter, tenant: Tenant, in db: any SQLConnection, now: Int64) throws {
        let isTaken = try new.handle.map { handle in
            try db.exists(
                "SELECT 1 FROM characters WHERE project_id = \(new.projectID) AND handle = \(handle.text)")
        }
        if let handle = new.handle, isTaken == true { throw Self.taken(handle) }
        let handle =
            try new.handle?.text
            ?? freeHandle(Handle.derived(from: new.name.text), project: new.projectID, in: db)
        do {
            try db.execute(
                """
                INSERT INTO characters (id, tenant, project_id, name, name_key, description, handle, is_provisional,
                  made_of, origin, created_at)
                VALUES (\(new.id), \(tenant), \(new.projectID), \(new.name.text), \(new.name.key), \(new.description),
                  \(handle), \(new.isProvisional), \(new.madeOf), \(new.origin), \(now))
                """)
        } catch let error as StoreConstraintError where error.kind == .unique {
            throw Self.taken("character", new.name)
        }
        try index(new.id, in: db)
    }

    /// Whether a project has a character of a name.
    func hasCharacter(_ name: StudioName, inProject project: String, in db: any SQLConnection) throws -> Bool {
        try db.exists("SELECT id FROM kept_characters WHERE project_id = \(project) AND name_key = \(name.key)")
    }

    /// The character with this identifier, or the one that it was merged into.
    func character(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StudioCharacter {
        if let character = try findCharacter(id, of: tenant, in: db) { return character }
        guard let kept = try keptCharacter(of: id, tenant: tenant, in: db),
            let character = try findCharacter(kept, of: tenant, in: db)
        else { throw try missingCharacter(id, of: tenant, in: db) }
        return character
    }

    /// The character with this very identifier: for what must not be done to another one.
    /// - Throws: ``HearthError`` `not_found`; it names the character that it was merged into.
    func unmergedCharacter(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StudioCharacter {
        if let character = try findCharacter(id, of: tenant, in: db) { return character }
        guard let kept = try keptCharacter(of: id, tenant: tenant, in: db) else {
            throw try missingCharacter(id, of: tenant, in: db)
        }
        throw HearthError(
            .notFound, "This character was merged into another one.", hint: "That one is \(kept).",
            details: ["character_id": .string(kept)])
    }

    private func findCharacter(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> StudioCharacter? {
        try db.row(
            "SELECT \(StudioCharacter.columns) FROM kept_characters c WHERE c.id = \(id) AND c.tenant = \(tenant)",
            as: StudioCharacter.self)
    }

    /// - Parameter isProvisional: nil: provisional ones and others.
    func characters(
        ofProject project: String?, isProvisional: Bool?, _ page: PageRequest, of tenant: Tenant,
        in db: any SQLConnection
    ) throws -> Page<StudioCharacter> {
        var condition: SQL = if let project { " AND c.project_id = \(project)" } else { "" }
        if let isProvisional { condition = "\(condition) AND c.is_provisional = \(isProvisional)" }
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

    /// - Parameter text: nil: none.
    func setDescription(_ text: String?, ofCharacter id: String, of tenant: Tenant, in db: any SQLConnection) throws {
        try db.execute("UPDATE characters SET description = \(text) WHERE id = \(id) AND tenant = \(tenant)")
    }

    /// What the answers of recall say of a character.
    struct CharacterNames: Sendable {
        let id: String
        let name: String
        let handle: String
        let project: String
        let isProvisional: Bool
    }

    /// Names of characters and their projects.
    func names(ofCharacters ids: [String], in db: any SQLConnection) throws -> [String: CharacterNames] {
        guard !ids.isEmpty else { return [:] }
        let rows = try db.rows(
            """
            SELECT c.id, c.name, COALESCE(c.handle, ''), p.name, c.is_provisional
            FROM kept_characters c JOIN projects p ON p.id = c.project_id WHERE c.id IN \(list: ids)
            """
        ) { row in
            CharacterNames(
                id: try row.next(), name: try row.next(), handle: try row.next(), project: try row.next(),
                isProvisional: try row.next())
        }
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.id, $0) })
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
        p.id, p.name, COALESCE(p.style, \(StylePreset.defaultID)),
          (SELECT COUNT(*) FROM kept_characters c WHERE c.project_id = p.id), p.created_at
        """

    init(row: inout SQLRow) throws {
        projectID = try row.next()
        name = try row.next()
        style = try row.next()
        characterCount = try row.next()
        createdAt = try row.next()
    }
}

extension StudioCharacter: SQLDecodable {
    /// Of a table `characters c`.
    static let columns: SQL = """
        c.id, c.project_id, (SELECT p.name FROM projects p WHERE p.id = c.project_id), c.name, COALESCE(c.handle, ''),
          c.description, c.is_provisional, c.bible_version,
          (SELECT COUNT(*) FROM anchors a WHERE a.character_id = c.id),
          (SELECT COUNT(*) FROM anchors a WHERE a.character_id = c.id AND a.embedded_digest IS NOT NULL), c.created_at
        """

    init(row: inout SQLRow) throws {
        characterID = try row.next()
        projectID = try row.next()
        project = try row.next()
        name = try row.next()
        handle = try row.next()
        description = try row.next()
        isProvisional = try row.next()
        bibleVersion = try row.next()
        anchorCount = try row.next()
        rememberedCount = try row.next()
        createdAt = try row.next()
    }
}

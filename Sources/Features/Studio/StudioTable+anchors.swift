import HearthCore

extension StudioTable {
    func insertAnchor(_ anchor: Anchor, tenant: Tenant, in db: any SQLConnection) throws {
        try db.execute(
            """
            INSERT INTO anchors (id, tenant, project_id, character_id, role, path, sha256, bytes, format, width, height,
              job_id, created_at)
            VALUES (\(anchor.anchorID), \(tenant), \(anchor.projectID), \(anchor.characterID), \(anchor.role),
              \(anchor.path), \(anchor.sha256), \(anchor.bytes), \(anchor.format), \(anchor.width), \(anchor.height),
              \(anchor.jobID), \(anchor.createdAt))
            """)
    }

    /// - Throws: ``HearthError`` `not_found`.
    func anchor(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> Anchor {
        guard let anchor = try findAnchor(id, of: tenant, in: db) else { throw Self.missing("anchor") }
        return anchor
    }

    func findAnchor(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> Anchor? {
        try db.row(
            "SELECT \(Anchor.columns) FROM kept_anchors WHERE id = \(id) AND tenant = \(tenant)", as: Anchor.self)
    }

    func anchors(
        ofCharacter character: String, _ page: PageRequest, of tenant: Tenant, in db: any SQLConnection
    ) throws -> Page<Anchor> {
        try db.page(
            page,
            of: "SELECT \(Anchor.columns) FROM kept_anchors WHERE character_id = \(character) AND tenant = \(tenant)",
            cursor: \Anchor.anchorID)
    }

    /// How many anchors a character or a project has.
    func countAnchors(of owner: AnchorOwner, tenant: Tenant, in db: any SQLConnection) throws -> Int {
        try db.value(
            "SELECT COUNT(*) FROM anchors WHERE \(owner.condition) AND tenant = \(tenant)", as: Int.self) ?? 0
    }

    /// What would be deleted with a character or a project.
    func deletionCounts(of owner: AnchorOwner, tenant: Tenant, in db: any SQLConnection) throws -> DeletionCounts {
        let outputs = try db.value(
            "SELECT COUNT(*) FROM outputs WHERE \(owner.condition) AND tenant = \(tenant)", as: Int.self)
        var counts = DeletionCounts(
            characters: 1, anchors: try countAnchors(of: owner, tenant: tenant, in: db), outputs: outputs ?? 0)
        if case .project(let id) = owner {
            counts.characters =
                try db.value(
                    "SELECT COUNT(*) FROM kept_characters WHERE project_id = \(id) AND tenant = \(tenant)", as: Int.self
                )
                ?? 0
        }
        return counts
    }

    /// Some anchors of a character or of a project, those that are hidden with it as well.
    func anchors(of owner: AnchorOwner, limit: Int, in db: any SQLConnection) throws -> [Anchor] {
        try db.rows(
            "SELECT \(Anchor.columns) FROM anchors WHERE \(owner.whole) LIMIT \(limit)", as: Anchor.self)
    }

    /// Those of some anchors whose very same pictures another character has too.
    func doubles(among anchors: [Anchor], of other: String, in db: any SQLConnection) throws -> Set<String> {
        let sums = Set(
            try db.values(
                """
                SELECT sha256 FROM anchors WHERE character_id = \(other)
                  AND sha256 IN \(list: anchors.map(\.sha256))
                """, as: String.self))
        return Set(anchors.filter { sums.contains($0.sha256) }.map(\.anchorID))
    }

    /// Records that a vector of this revision of the model exists.
    /// - Returns: the character that the anchor belongs to now; nil when the anchor has been deleted meanwhile.
    func markEmbedded(_ id: String, digest: String, in db: any SQLConnection) throws -> String? {
        try db.value(
            """
            UPDATE anchors SET embedded_digest = \(digest)
            WHERE id IN (SELECT id FROM kept_anchors WHERE id = \(id)) RETURNING character_id
            """, as: String.self)
    }

    func setJob(_ jobID: String, ofAnchor id: String, in db: any SQLConnection) throws {
        try db.execute("UPDATE anchors SET job_id = \(jobID) WHERE id = \(id)")
    }

    /// Anchors without a vector of the current model and without a job that is under way or has given up.
    func anchorsToEmbed(
        digest: String, limit: Int, in db: any SQLConnection
    ) throws -> [(anchorID: String, tenant: Tenant)] {
        try db.rows(
            """
            SELECT w.id, w.tenant FROM (\(Self.waiting(for: digest, in: nil))) w
            WHERE NOT EXISTS (
              SELECT 1 FROM jobs j WHERE j.subject = w.id AND j.tenant = w.tenant AND j.state <> 'completed')
            LIMIT \(limit)
            """
        ) { row in (anchorID: try row.next(String.self), tenant: try row.next(Tenant.self)) }
    }

    /// Anchors that have no vector of a model yet and will get one: none whose job has failed or was cancelled.
    ///
    /// At most `Limits.countedPending` anchors without a vector are looked at.
    /// - Parameter project: nil: all projects of the tenant.
    /// - Returns: their number, and whether that is all of them.
    func countPending(
        digest: String, project: String?, of tenant: Tenant, in db: any SQLConnection
    ) throws -> (count: Int, isAll: Bool) {
        let projects: SQL = if let project { "p.id = \(project)" } else { "p.tenant = \(tenant)" }
        let limit = Limits.countedPending
        let counts = try db.row(
            """
            SELECT COUNT(*), COUNT(CASE WHEN EXISTS (
                SELECT 1 FROM jobs j WHERE j.id = w.job_id AND j.state IN ('failed', 'cancelled')) THEN NULL ELSE 1 END)
            FROM (\(Self.waiting(for: digest, in: projects)) LIMIT \(limit)) w
            """
        ) { row in (all: try row.next(Int.self), pending: try row.next(Int.self)) }
        return (counts?.pending ?? 0, isAll: (counts?.all ?? 0) < limit)
    }

    /// The rows `id`, `tenant` and `job_id` of anchors without a vector of a model.
    ///
    /// Three ranges of the index of each project: an anchor with a vector of the model is never looked at. `CROSS JOIN`
    /// is for SQLite, which then goes from the projects to their anchors and not the other way round.
    /// - Parameter projects: a condition on a table `projects p`; nil: all of them.
    private static func waiting(for digest: String, in projects: SQL?) -> SQL {
        let condition: SQL = if let projects { " AND \(projects)" } else { "" }
        let ranges: [SQL] = ["IS NULL", "< \(digest)", "> \(digest)"]
        return ranges.reduce("" as SQL) { sql, range in
            sql + (sql.text.isEmpty ? "" : " UNION ALL ")
                + """
                SELECT a.id, a.tenant, a.job_id FROM projects p CROSS JOIN kept_anchors a
                WHERE a.project_id = p.id AND a.embedded_digest \(range)\(condition)
                """
        }
    }

    /// Of these paths, those that belong to an anchor: its picture or the recipe beside it.
    func named(_ paths: [String], in db: any SQLConnection) throws -> Set<String> {
        func picture(_ path: String) -> String {
            path.hasSuffix(Anchor.recipeSuffix) ? String(path.dropLast(Anchor.recipeSuffix.count)) : path
        }
        let pictures = Set(paths.map(picture))
        let known = Set(try db.values("SELECT path FROM anchors WHERE path IN \(list: pictures)", as: String.self))
        return Set(paths.filter { known.contains(picture($0)) })
    }
}

/// Whose anchors.
enum AnchorOwner: Sendable {
    case character(String)
    case project(String)

    /// What their rows have in common.
    fileprivate var condition: SQL {
        switch self {
        case .character(let id): "character_id = \(id)"
        case .project(let id): "project_id = \(id)"
        }
    }

    /// The same with what was merged into the character and can still be undone.
    fileprivate var whole: SQL {
        guard case .character(let id) = self else { return condition }
        return """
            character_id IN (SELECT id FROM characters WHERE id = \(id)
              UNION ALL SELECT id FROM characters WHERE merged_into = \(id))
            """
    }
}

extension AnchorRole: SQLColumn {}

extension Anchor: SQLDecodable {
    static let columns: SQL = """
        id, character_id, project_id, role, path, sha256, bytes, format, width, height, job_id, embedded_digest,
          created_at
        """

    init(row: inout SQLRow) throws {
        anchorID = try row.next()
        characterID = try row.next()
        projectID = try row.next()
        role = try row.next()
        path = try row.next()
        url = StoredFile.url(of: anchorID)
        sha256 = try row.next()
        bytes = try row.next()
        format = try row.next()
        width = try row.next()
        height = try row.next()
        jobID = try row.next()
        isRemembered = try row.next(String?.self) != nil
        createdAt = try row.next()
    }
}

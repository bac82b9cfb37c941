import HearthCore

extension StudioTable {
    func insertAnchor(_ anchor: Anchor, tenant: Tenant, in db: any SQLConnection) throws {
        try db.execute(
            """
            INSERT INTO anchors (id, tenant, project_id, character_id, role, path, sha256, bytes, format, width, height,
              job_id, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(anchor.anchorID), .text(tenant.rawValue), .text(anchor.projectID), .text(anchor.characterID),
                .text(anchor.role.rawValue), .text(anchor.path), .text(anchor.sha256), .int(anchor.bytes),
                .text(anchor.format), .int(anchor.width), .int(anchor.height), .text(anchor.jobID),
                .integer(anchor.createdAt),
            ])
    }

    /// The anchor of a character with the same bytes.
    func anchor(ofCharacter character: String, sha256: String, in db: any SQLConnection) throws -> Anchor? {
        try db.first(
            "SELECT * FROM anchors WHERE character_id = ? AND sha256 = ?", [.text(character), .text(sha256)]
        ).map(Self.anchor)
    }

    /// - Throws: ``HearthError`` `not_found`.
    func anchor(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> Anchor {
        let row = try db.first(
            "SELECT * FROM anchors WHERE id = ? AND tenant = ?", [.text(id), .text(tenant.rawValue)])
        guard let row else { throw Self.missing("anchor") }
        return try Self.anchor(row)
    }

    func anchors(
        ofCharacter character: String, _ page: PageRequest, of tenant: Tenant, in db: any SQLConnection
    ) throws -> Page<Anchor> {
        let rows = try db.query(
            "SELECT * FROM anchors WHERE character_id = ? AND tenant = ? AND id < ? ORDER BY id DESC LIMIT ?",
            [.text(character), .text(tenant.rawValue), .text(page.before), .int(page.limit + 1)])
        return try Page(rows: rows.map(Self.anchor), limit: page.limit, cursor: \.anchorID)
    }

    /// Every anchor of a character or of a project, for deletion.
    func anchors(of owner: AnchorOwner, tenant: Tenant, in db: any SQLConnection) throws -> [Anchor] {
        let (column, id) =
            switch owner {
            case .character(let id): ("character_id", id)
            case .project(let id): ("project_id", id)
            }
        return try db.query(
            "SELECT * FROM anchors WHERE \(column) = ? AND tenant = ?", [.text(id), .text(tenant.rawValue)]
        ).map(Self.anchor)
    }

    func deleteAnchor(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws {
        try db.execute("DELETE FROM anchors WHERE id = ? AND tenant = ?", [.text(id), .text(tenant.rawValue)])
    }

    /// Records that a vector of this revision of the model exists.
    /// - Returns: false when the anchor has been deleted meanwhile.
    func markEmbedded(_ id: String, digest: String, in db: any SQLConnection) throws -> Bool {
        try db.execute("UPDATE anchors SET embedded_digest = ? WHERE id = ?", [.text(digest), .text(id)]) > 0
    }

    func setJob(_ jobID: String, ofAnchor id: String, in db: any SQLConnection) throws {
        try db.execute("UPDATE anchors SET job_id = ? WHERE id = ?", [.text(jobID), .text(id)])
    }

    /// Anchors without a vector of the current model and without a job that is under way or has given up.
    func anchorsToEmbed(
        digest: String, limit: Int, in db: any SQLConnection
    ) throws -> [(anchorID: String, tenant: Tenant)] {
        try db.query(
            """
            SELECT a.id, a.tenant FROM anchors a
            WHERE (a.embedded_digest IS NULL OR a.embedded_digest <> ?)
              AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.subject = a.id AND j.state <> 'completed')
            ORDER BY a.id LIMIT ?
            """, [.text(digest), .int(limit)]
        ).map { (try $0.text("id"), Tenant(rawValue: try $0.text("tenant"))) }
    }

    /// Of these paths, those that belong to an anchor: its picture or the recipe beside it.
    func known(_ paths: [String], in db: any SQLConnection) throws -> Set<String> {
        var known: Set<String> = []
        for path in paths {
            let picture = path.hasSuffix(Anchor.recipeSuffix) ? String(path.dropLast(Anchor.recipeSuffix.count)) : path
            if try db.first("SELECT id FROM anchors WHERE path = ?", [.text(picture)]) != nil { known.insert(path) }
        }
        return known
    }

    private static func anchor(_ row: SQLRow) throws -> Anchor {
        Anchor(
            anchorID: try row.text("id"), characterID: try row.text("character_id"),
            projectID: try row.text("project_id"), role: AnchorRole(rawValue: try row.text("role")) ?? .primary,
            path: try row.text("path"), sha256: try row.text("sha256"), bytes: Int(try row.integer("bytes")),
            format: try row.text("format"), width: Int(try row.integer("width")),
            height: Int(try row.integer("height")), jobID: try row.text("job_id"),
            isRemembered: row.optionalText("embedded_digest") != nil, createdAt: try row.integer("created_at"))
    }
}

/// Whose anchors.
enum AnchorOwner: Sendable {
    case character(String)
    case project(String)
}

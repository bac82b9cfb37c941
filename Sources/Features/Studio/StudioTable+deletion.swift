import HearthCore

/// Deleting projects and characters: one statement hides them with all that belongs to them, steps of a bounded size
/// then remove the rows. The views `kept_…` are what is there for everyone meanwhile.
extension StudioTable {
    /// What is being deleted.
    struct Deletion: Sendable {
        let owner: AnchorOwner
        let tenant: Tenant
    }

    /// Hides a project; its name is free again.
    func hideProject(_ id: String, of tenant: Tenant, in db: any SQLConnection, now: Int64) throws {
        // No name has a slash.
        try db.execute(
            """
            UPDATE projects SET deleting_since = \(now), name_key = '/' || id
            WHERE id = \(id) AND tenant = \(tenant) AND deleting_since IS NULL
            """)
    }

    /// Hides a character; its name is free again.
    func hideCharacter(_ id: String, of tenant: Tenant, in db: any SQLConnection, now: Int64) throws {
        try db.execute(
            """
            UPDATE characters SET deleting_since = \(now), name_key = '/' || id, handle = NULL, made_of = NULL,
              origin = NULL
            WHERE id = \(id) AND tenant = \(tenant) AND deleting_since IS NULL
            """)
    }

    /// A project or a character that is being deleted; nil when there is none.
    func deletion(in db: any SQLConnection) throws -> Deletion? {
        let project = try db.row(
            "SELECT id, tenant FROM projects WHERE deleting_since IS NOT NULL ORDER BY id LIMIT 1"
        ) { row in Deletion(owner: .project(try row.next()), tenant: try row.next()) }
        if let project { return project }
        return try db.row(
            "SELECT id, tenant FROM characters WHERE deleting_since IS NOT NULL ORDER BY id LIMIT 1"
        ) { row in Deletion(owner: .character(try row.next()), tenant: try row.next()) }
    }

    /// Deletes the rows of anchors.
    func deleteAnchors(_ ids: [String], in db: any SQLConnection) throws {
        try db.execute("DELETE FROM character_merge_items WHERE item_id IN \(list: ids)")
        try db.execute("DELETE FROM anchors WHERE id IN \(list: ids)")
    }

    /// Deletes what is left when a hidden owner has no anchors any more, a bounded number of rows at a time.
    /// - Returns: whether all is gone.
    func deleteRest(of owner: AnchorOwner, in db: any SQLConnection) throws -> Bool {
        guard try deleteVersions(of: owner, in: db) else { return false }
        switch owner {
        case .character(let id):
            try db.execute("DELETE FROM characters WHERE id = \(id) AND deleting_since IS NOT NULL")
        case .project(let id):
            let count = try db.execute(
                """
                DELETE FROM characters WHERE id IN
                  (SELECT id FROM characters WHERE project_id = \(id) LIMIT \(Limits.stepAnchors))
                """)
            guard count < Limits.stepAnchors else { return false }
            try db.execute("DELETE FROM projects WHERE id = \(id) AND deleting_since IS NOT NULL")
        }
        return true
    }
}

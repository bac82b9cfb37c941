import HearthCore

extension StudioTable {
    /// A handle that no character of the project has: the wanted one, or one with a number.
    func freeHandle(_ wanted: String, project: String, in db: any SQLConnection) throws -> String {
        let candidates = [wanted] + (2...Limits.numberedHandles).map { Handle.numbered(wanted, $0) }
        let taken = Set(
            try db.values(
                "SELECT handle FROM characters WHERE project_id = \(project) AND handle IN \(list: candidates)",
                as: String.self))
        // Beyond that, what makes it unique is a part of an identifier.
        return candidates.first { !taken.contains($0) } ?? Handle.numbered(wanted, Identifier.make().suffix(8))
    }

    /// - Throws: ``HearthError`` `conflict` when another character of the project has it.
    func setHandle(_ handle: Handle, ofCharacter id: String, of tenant: Tenant, in db: any SQLConnection) throws {
        do {
            try db.execute(
                "UPDATE characters SET handle = \(handle.text) WHERE id = \(id) AND tenant = \(tenant)")
        } catch let error as StoreConstraintError where error.kind == .unique {
            throw Self.taken(handle)
        }
    }

    static func taken(_ handle: Handle) -> HearthError {
        HearthError(
            .conflict, "There is already a character @\(handle.text) in this project.",
            hint: "Handles are unique within a project.")
    }

    /// The characters of a project with some handles.
    func mentions(
        of handles: [String], project: String, tenant: Tenant, in db: any SQLConnection
    ) throws -> [String: Mention] {
        let rows = try db.rows(
            """
            SELECT id, handle, name FROM kept_characters
            WHERE project_id = \(project) AND tenant = \(tenant) AND handle IN \(list: handles)
            """
        ) { row in
            Mention(characterID: try row.next(), handle: try row.next(), name: try row.next())
        }
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.handle, $0) })
    }

    /// Handles of a project: those that look like a wanted one first, as far as a beginning tells.
    func handles(
        like handle: String, project: String, tenant: Tenant, in db: any SQLConnection
    ) throws -> [String] {
        let beginning = handle.prefix(1)
        return try db.values(
            """
            SELECT handle FROM kept_characters
            WHERE project_id = \(project) AND tenant = \(tenant) AND handle IS NOT NULL
            ORDER BY CASE WHEN SUBSTR(handle, 1, 1) = \(String(beginning)) THEN 0 ELSE 1 END, handle LIMIT 200
            """, as: String.self)
    }
}

import HearthCore

extension StudioTable {
    // MARK: Finding

    /// The character that another one was merged into, however often; nil when it was not.
    func keptCharacter(of id: String, tenant: Tenant, in db: any SQLConnection) throws -> String? {
        var found: String?
        for _ in 0..<Limits.mergeChain {
            let next = try db.value(
                """
                SELECT kept_id FROM character_merges
                WHERE merged_id = \(found ?? id) AND tenant = \(tenant) AND state IN ('done', 'undoing', 'ended')
                """, as: String.self)
            guard let next else { return found }
            found = next
        }
        return found
    }

    func merge(ofMerged id: String, tenant: Tenant, in db: any SQLConnection) throws -> Merge? {
        try db.row(
            "SELECT \(Merge.columns) FROM character_merges WHERE merged_id = \(id) AND tenant = \(tenant)",
            as: Merge.self)
    }

    /// A merge that cannot be undone any more and has not ended.
    func mergeToEnd(in db: any SQLConnection, now: Int64) throws -> Merge? {
        try db.row(
            """
            SELECT \(Merge.columns) FROM character_merges WHERE state = 'done' AND undo_until <= \(now)
            ORDER BY undo_until LIMIT 1
            """, as: Merge.self)
    }

    // MARK: Merging

    /// Tables whose rows go with a character, by their `id` and `character_id`. The first has the pictures, which two
    /// characters may both have.
    static let itemTables = ["anchors", "outputs"]

    /// Gives items to another character; their files stay where they are.
    /// - Returns: how many of them are pictures.
    /// - Throws: ``StoreConstraintError`` when it has the same picture.
    @discardableResult
    func moveItems(_ ids: [String], to other: String, in db: any SQLConnection) throws -> Int {
        let counts = try Self.itemTables.map { table in
            try db.execute("UPDATE \(verbatim: table) SET character_id = \(other) WHERE id IN \(list: ids)")
        }
        return counts.first ?? 0
    }

    /// Some items of a character that are no pictures.
    func plainItems(ofCharacter id: String, limit: Int, in db: any SQLConnection) throws -> [String] {
        var items: [String] = []
        for table in Self.itemTables.dropFirst() where items.count < limit {
            items += try db.values(
                "SELECT id FROM \(verbatim: table) WHERE character_id = \(id) LIMIT \(limit - items.count)",
                as: String.self)
        }
        return items
    }

    func insertMerge(_ merge: Merge, project: String, in db: any SQLConnection) throws {
        try db.execute(
            """
            INSERT INTO character_merges (id, tenant, project_id, kept_id, merged_id, state, merged_at, undo_until)
            VALUES (\(merge.id), \(merge.tenant), \(project), \(merge.keptID), \(merge.mergedID), \(merge.state),
              \(merge.mergedAt), \(merge.undoUntil))
            """)
    }

    func setState(_ state: Merge.State, of merge: Merge, in db: any SQLConnection) throws {
        try db.execute("UPDATE character_merges SET state = \(state) WHERE id = \(merge.id)")
    }

    /// Writes down that items went over.
    func addItems(_ items: [String], to merge: Merge, in db: any SQLConnection) throws {
        for item in items {
            try db.execute(
                """
                INSERT INTO character_merge_items (merge_id, item_id) VALUES (\(merge.id), \(item))
                ON CONFLICT (merge_id, item_id) DO NOTHING
                """)
        }
    }

    /// Hides the merged character: its name and handle are free.
    func finish(_ merge: Merge, in db: any SQLConnection) throws {
        try db.execute(
            """
            UPDATE character_merges SET state = 'done', took_description = \(merge.tookDescription),
              bible_before = \(merge.bibleBefore), bible_after = \(merge.bibleAfter),
              handle = (SELECT handle FROM characters WHERE id = \(merge.mergedID))
            WHERE id = \(merge.id)
            """)
        try db.execute(
            """
            UPDATE characters SET merged_into = \(merge.keptID), name_key = '/' || id, handle = NULL
            WHERE id = \(merge.mergedID)
            """)
    }

    /// Anchors of the merged character that the other one has too lose their vectors: recall finds the other's.
    func forgetVectors(ofAnchors ids: [String], in db: any SQLConnection) throws {
        try db.execute("UPDATE anchors SET embedded_digest = NULL WHERE id IN \(list: ids)")
    }

    /// Some anchors of the merged character that are still to go over, or that have a vector although the other
    /// character has the same picture.
    func anchors(toMoveBy merge: Merge, limit: Int, in db: any SQLConnection) throws -> [Anchor] {
        try db.rows(
            """
            SELECT \(Anchor.columns) FROM anchors a WHERE character_id = \(merge.mergedID)
              AND (embedded_digest IS NOT NULL OR NOT EXISTS (
                SELECT 1 FROM anchors k WHERE k.character_id = \(merge.keptID) AND k.sha256 = a.sha256))
            LIMIT \(limit)
            """, as: Anchor.self)
    }

    /// Whether items are on their way to or from one of these characters.
    func isUnderWay(into ids: [String], in db: any SQLConnection) throws -> Bool {
        try db.exists(
            """
            SELECT 1 FROM character_merges WHERE kept_id IN \(list: ids) AND state IN ('moving', 'undoing') LIMIT 1
            """)
    }

    // MARK: Undoing

    /// Some of the items that went over, and are still with the character that was kept.
    func items(of merge: Merge, limit: Int, in db: any SQLConnection) throws -> [String] {
        try db.values(
            "SELECT item_id FROM character_merge_items WHERE merge_id = \(merge.id) LIMIT \(limit)", as: String.self)
    }

    func removeItems(_ items: [String], of merge: Merge, in db: any SQLConnection) throws {
        try db.execute(
            "DELETE FROM character_merge_items WHERE merge_id = \(merge.id) AND item_id IN \(list: items)")
    }

    /// Shows the merged character again and forgets the merge.
    /// - Throws: ``HearthError`` `conflict` when another character has its name now.
    func undo(_ merge: Merge, name: StudioName, handle: String, in db: any SQLConnection) throws {
        do {
            try db.execute(
                """
                UPDATE characters SET merged_into = NULL, name_key = \(name.key), handle = \(handle)
                WHERE id = \(merge.mergedID)
                """)
        } catch let error as StoreConstraintError where error.kind == .unique {
            throw HearthError(
                .conflict, "Another character is called \(name.text) now.", hint: "Give that one another name first.")
        }
        try db.execute("DELETE FROM character_merges WHERE id = \(merge.id)")
    }

    /// The name of a merged character, as it was written.
    func mergedName(_ id: String, in db: any SQLConnection) throws -> (name: String, project: String)? {
        try db.row("SELECT name, project_id FROM characters WHERE id = \(id) AND merged_into IS NOT NULL") { row in
            (name: try row.next(String.self), project: try row.next(String.self))
        }
    }

    /// Whether another character of the project has a name.
    func isTaken(_ name: StudioName, project: String, in db: any SQLConnection) throws -> Bool {
        try db.exists("SELECT 1 FROM characters WHERE project_id = \(project) AND name_key = \(name.key)")
    }

    // MARK: Ending

    /// Makes a merge final: what leads to the merged character leads to the kept one, and the merged one is deleted
    /// with the pictures that both had, in steps like any other.
    func end(_ merge: Merge, in db: any SQLConnection, now: Int64) throws {
        try db.execute("UPDATE character_merges SET kept_id = \(merge.keptID) WHERE kept_id = \(merge.mergedID)")
        try db.execute("UPDATE characters SET merged_into = \(merge.keptID) WHERE merged_into = \(merge.mergedID)")
        try db.execute(
            """
            UPDATE characters SET deleting_since = \(now), merged_into = NULL, made_of = NULL, origin = NULL
            WHERE id = \(merge.mergedID)
            """)
        try setState(.ended, of: merge, in: db)
    }
}

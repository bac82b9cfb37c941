import HearthCore

extension StudioTable {
    /// Handles, bibles, styles and merges of characters.
    static let castMigrations = [
        Migration(25, "handles, bibles and provisional characters", fill: nameCharacters) { _ in
            [
                "ALTER TABLE characters ADD COLUMN handle TEXT",
                "ALTER TABLE characters ADD COLUMN is_provisional BIGINT NOT NULL DEFAULT 0",
                // The output that a provisional character was made of: made once, however often its job is tried.
                "ALTER TABLE characters ADD COLUMN made_of TEXT",
                // The character that it was imported as a copy of.
                "ALTER TABLE characters ADD COLUMN origin TEXT",
                "ALTER TABLE characters ADD COLUMN bible_version BIGINT NOT NULL DEFAULT 0",
                "ALTER TABLE characters ADD COLUMN merged_into TEXT REFERENCES characters (id) ON DELETE CASCADE",
                "CREATE UNIQUE INDEX characters_by_handle ON characters (project_id, handle)",
                "CREATE UNIQUE INDEX characters_by_origin ON characters (project_id, origin)",
                "CREATE UNIQUE INDEX characters_by_output ON characters (tenant, made_of)",
                "CREATE INDEX characters_merged ON characters (merged_into) WHERE merged_into IS NOT NULL",
                """
                CREATE TABLE bible_versions (
                  id TEXT PRIMARY KEY,
                  character_id TEXT NOT NULL REFERENCES characters (id) ON DELETE CASCADE,
                  version BIGINT NOT NULL,
                  change_kind TEXT NOT NULL,
                  restored_version BIGINT,
                  note TEXT,
                  changed_by TEXT,
                  changed_at BIGINT NOT NULL,
                  content TEXT NOT NULL,
                  bytes BIGINT NOT NULL,
                  UNIQUE (character_id, version)
                )
                """,
            ] + keptViews
        },
        Migration(26, "styles") { _ in
            [
                "ALTER TABLE projects ADD COLUMN style TEXT",
                """
                CREATE TABLE style_presets (
                  tenant TEXT NOT NULL,
                  id TEXT NOT NULL,
                  content TEXT NOT NULL,
                  created_at BIGINT NOT NULL,
                  PRIMARY KEY (tenant, id)
                )
                """,
                "DROP VIEW kept_projects",
                "CREATE VIEW kept_projects AS SELECT * FROM projects WHERE deleting_since IS NULL",
            ]
        },
        Migration(27, "search and merges of characters", fill: indexCharacters) { dialect in
            // The rows of the full-text index.
            let texts = """
                CREATE TABLE character_texts (
                  id \(dialect.serialKey),
                  character_id TEXT NOT NULL UNIQUE REFERENCES characters (id) ON DELETE CASCADE
                )
                """
            return [texts] + dialect.textIndex.schema(of: textTable) + mergeTables
        },
    ]

    /// What was merged: for its end, and for calls by the identifier of a character that is no more.
    private static let mergeTables = [
        """
        CREATE TABLE character_merges (
          id TEXT PRIMARY KEY,
          tenant TEXT NOT NULL,
          project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
          kept_id TEXT NOT NULL REFERENCES characters (id) ON DELETE CASCADE,
          merged_id TEXT NOT NULL UNIQUE,
          state TEXT NOT NULL,
          handle TEXT,
          took_description BIGINT NOT NULL DEFAULT 0,
          bible_before BIGINT,
          bible_after BIGINT,
          merged_at BIGINT NOT NULL,
          undo_until BIGINT NOT NULL
        )
        """,
        "CREATE INDEX merges_of_kept ON character_merges (kept_id)",
        "CREATE INDEX merges_of_project ON character_merges (project_id)",
        "CREATE INDEX merges_to_end ON character_merges (undo_until) WHERE state = 'done'",
        """
        CREATE TABLE character_merge_items (
          merge_id TEXT NOT NULL REFERENCES character_merges (id) ON DELETE CASCADE,
          item_id TEXT NOT NULL,
          PRIMARY KEY (merge_id, item_id)
        )
        """,
        "CREATE INDEX merge_items_by_item ON character_merge_items (item_id)",
    ]

    /// The table whose rows the full-text index has.
    static let textTable = "character_texts"

    /// What is there for everyone: not what is being deleted or was merged into another one, nor what belongs to it.
    private static let keptViews = [
        "DROP VIEW kept_characters", "DROP VIEW kept_anchors",
        """
        CREATE VIEW kept_characters AS SELECT * FROM characters c
        WHERE c.deleting_since IS NULL AND c.merged_into IS NULL
          AND (SELECT p.deleting_since FROM projects p WHERE p.id = c.project_id) IS NULL
        """,
        """
        CREATE VIEW kept_anchors AS SELECT * FROM anchors a
        WHERE (SELECT COALESCE(c.deleting_since, 0) + CASE WHEN c.merged_into IS NULL THEN 0 ELSE 1 END
            FROM characters c WHERE c.id = a.character_id) = 0
          AND (SELECT p.deleting_since FROM projects p WHERE p.id = a.project_id) IS NULL
        """,
    ]

    /// Gives a handle to the characters that were there before handles.
    private static func nameCharacters(in db: any SQLConnection) throws {
        let table = StudioTable()
        var last = ""
        while true {
            let page = try db.rows(
                """
                SELECT id, project_id, name FROM characters WHERE id > \(last) AND deleting_since IS NULL
                ORDER BY id LIMIT \(Limits.stepItems)
                """
            ) { row in (try row.next(String.self), try row.next(String.self), try row.next(String.self)) }
            for (id, project, name) in page {
                let handle = try table.freeHandle(Handle.derived(from: name), project: project, in: db)
                try db.execute("UPDATE characters SET handle = \(handle) WHERE id = \(id)")
            }
            guard let end = page.last?.0 else { return }
            last = end
        }
    }

    /// Makes the characters findable that were there before the search.
    private static func indexCharacters(in db: any SQLConnection) throws {
        var last = ""
        while true {
            let page = try db.rows(
                """
                SELECT id, tenant, name, COALESCE(handle, ''), COALESCE(description, '') FROM characters
                WHERE id > \(last) AND deleting_since IS NULL ORDER BY id LIMIT \(Limits.stepItems)
                """
            ) { row in
                let id = try row.next(String.self)
                return (
                    id, tenant: try row.next(String.self),
                    title: "\(try row.next(String.self)) "
                        + (try row.next(String.self)), body: try row.next(String.self)
                )
            }
            for entry in page {
                let number = try db.value(
                    "INSERT INTO character_texts (character_id) VALUES (\(entry.0)) RETURNING id", as: Int64.self)
                guard let number else { continue }
                try db.dialect.textIndex.set(
                    TextEntry(number: number, scope: entry.tenant, title: entry.title, body: entry.body), of: textTable,
                    in: db)
            }
            guard let end = page.last?.0 else { return }
            last = end
        }
    }
}

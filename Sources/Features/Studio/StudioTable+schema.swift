package import HearthCore

extension StudioTable {
    /// Projects, their characters, and the pictures that anchor them.
    package static let migrations =
        [
            Migration(3, "studio") { _ in
                [
                    """
                    CREATE TABLE projects (
                      id TEXT PRIMARY KEY,
                      tenant TEXT NOT NULL,
                      name TEXT NOT NULL,
                      name_key TEXT NOT NULL,
                      created_at BIGINT NOT NULL,
                      UNIQUE (tenant, name_key)
                    )
                    """,
                    """
                    CREATE TABLE characters (
                      id TEXT PRIMARY KEY,
                      tenant TEXT NOT NULL,
                      project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
                      name TEXT NOT NULL,
                      name_key TEXT NOT NULL,
                      description TEXT,
                      created_at BIGINT NOT NULL,
                      UNIQUE (project_id, name_key)
                    )
                    """,
                    "CREATE INDEX characters_of_tenant ON characters (tenant, id)",
                    """
                    CREATE TABLE anchors (
                      id TEXT PRIMARY KEY,
                      tenant TEXT NOT NULL,
                      project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
                      character_id TEXT NOT NULL REFERENCES characters (id) ON DELETE CASCADE,
                      role TEXT NOT NULL,
                      path TEXT NOT NULL UNIQUE,
                      sha256 TEXT NOT NULL,
                      bytes BIGINT NOT NULL,
                      format TEXT NOT NULL,
                      width BIGINT NOT NULL,
                      height BIGINT NOT NULL,
                      job_id TEXT NOT NULL,
                      embedded_digest TEXT,
                      created_at BIGINT NOT NULL,
                      UNIQUE (character_id, sha256)
                    )
                    """,
                    "CREATE INDEX anchors_of_project ON anchors (project_id)",
                    "CREATE INDEX anchors_to_embed ON anchors (id) WHERE embedded_digest IS NULL",
                ]
            },
            Migration(19, "projects and characters that are being deleted") { _ in
                [
                    "ALTER TABLE projects ADD COLUMN deleting_since BIGINT",
                    "ALTER TABLE characters ADD COLUMN deleting_since BIGINT",
                    "CREATE INDEX projects_deleting ON projects (id) WHERE deleting_since IS NOT NULL",
                    "CREATE INDEX characters_deleting ON characters (id) WHERE deleting_since IS NOT NULL",
                    // What is there for everyone: not what is being deleted, nor what belongs to it.
                    "CREATE VIEW kept_projects AS SELECT * FROM projects WHERE deleting_since IS NULL",
                    """
                    CREATE VIEW kept_characters AS SELECT * FROM characters c WHERE c.deleting_since IS NULL
                      AND (SELECT p.deleting_since FROM projects p WHERE p.id = c.project_id) IS NULL
                    """,
                    """
                    CREATE VIEW kept_anchors AS SELECT * FROM anchors a
                    WHERE (SELECT c.deleting_since FROM characters c WHERE c.id = a.character_id) IS NULL
                      AND (SELECT p.deleting_since FROM projects p WHERE p.id = a.project_id) IS NULL
                    """,
                ]
            },
            // Anchors without a vector of the current model are counted by each recall, of a project or of a tenant.
            Migration(21, "anchors that wait for a vector") { _ in
                [
                    "DROP INDEX anchors_of_project", "DROP INDEX anchors_to_embed",
                    "CREATE INDEX anchors_of_project ON anchors (project_id, embedded_digest)",
                    "CREATE INDEX anchors_of_tenant ON anchors (tenant, embedded_digest)",
                ]
            },
            // SQLite chose the index of the tenant for the anchors of a character and of a project, and looked at all
            // of the tenant's; to count those that wait it goes from project to project.
            Migration(22, "anchors without an index of their tenant") { _ in ["DROP INDEX anchors_of_tenant"] },
        ] + castMigrations
}

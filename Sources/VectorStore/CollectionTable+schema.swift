package import HearthCore

extension CollectionTable {
    package static let migrations = [
        Migration(2, "collections") { dialect in
            [
                """
                CREATE TABLE collections (
                  id TEXT PRIMARY KEY,
                  tenant TEXT NOT NULL,
                  scope TEXT NOT NULL,
                  model_id TEXT NOT NULL,
                  model_digest TEXT NOT NULL,
                  dims BIGINT NOT NULL CHECK (dims > 0),
                  version BIGINT NOT NULL,
                  removed_version BIGINT NOT NULL,
                  UNIQUE (tenant, scope, model_digest)
                )
                """,
                """
                CREATE TABLE embeddings (
                  collection_id TEXT NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
                  item_id TEXT NOT NULL,
                  group_id TEXT NOT NULL,
                  vector \(dialect.blob) NOT NULL,
                  precision_hint TEXT NOT NULL,
                  version BIGINT NOT NULL,
                  created_at BIGINT NOT NULL,
                  PRIMARY KEY (collection_id, item_id)
                )
                """,
                "CREATE INDEX embeddings_version ON embeddings (collection_id, version)",
                "CREATE INDEX embeddings_item ON embeddings (item_id)",
            ]
        },
        Migration(5, "named collections") { _ in
            [
                "ALTER TABLE collections ADD COLUMN name TEXT",
                "ALTER TABLE collections ADD COLUMN metric TEXT NOT NULL DEFAULT 'cosine'",
                "ALTER TABLE collections ADD COLUMN settings TEXT",
                // 0 while nobody has said how long the vectors are; `dims` is 1 then and means nothing.
                "ALTER TABLE collections ADD COLUMN is_sized BIGINT NOT NULL DEFAULT 1",
                // Removals up to this version are forgotten, …
                "ALTER TABLE collections ADD COLUMN pruned_version BIGINT NOT NULL DEFAULT 0",
                // … and about as many as this are remembered.
                "ALTER TABLE collections ADD COLUMN removals BIGINT NOT NULL DEFAULT 0",
                // The scan file holds nothing that was removed up to this version.
                "ALTER TABLE collections ADD COLUMN erased_version BIGINT NOT NULL DEFAULT 0",
                """
                CREATE INDEX collections_erasure ON collections (id) WHERE removed_version > erased_version
                """,
                "UPDATE collections SET pruned_version = removed_version, erased_version = removed_version",
                "CREATE UNIQUE INDEX collections_name ON collections (tenant, name) WHERE name IS NOT NULL",
                // Readers catch up page by page in this order.
                "DROP INDEX embeddings_version",
                "CREATE INDEX embeddings_order ON embeddings (collection_id, version, item_id)",
                "ALTER TABLE embeddings ADD COLUMN attributes TEXT",
                "ALTER TABLE embeddings ADD COLUMN payload TEXT",
                "ALTER TABLE embeddings ADD COLUMN document TEXT",
                """
                CREATE TABLE removals (
                  collection_id TEXT NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
                  item_id TEXT NOT NULL,
                  version BIGINT NOT NULL,
                  PRIMARY KEY (collection_id, item_id)
                )
                """,
                "CREATE INDEX removals_version ON removals (collection_id, version)",
            ]
        },
        Migration(8, "owners of vectors") { _ in ["ALTER TABLE embeddings RENAME COLUMN group_id TO owner_id"] },
    ]
}

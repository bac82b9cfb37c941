import Foundation
package import HearthCore

/// The SQL of cached vectors: derived data, which may be deleted at any time.
package struct EmbeddingCacheTable: Sendable {
    package init() {}

    package static let migrations = [
        Migration(4, "embedding cache") { dialect in
            [
                """
                CREATE TABLE embedding_cache (
                  key \(dialect.blob) PRIMARY KEY,
                  vector \(dialect.blob) NOT NULL,
                  norm DOUBLE PRECISION NOT NULL,
                  tokens BIGINT NOT NULL,
                  model_id TEXT NOT NULL,
                  model_digest TEXT NOT NULL,
                  model_precision TEXT NOT NULL,
                  used_at BIGINT NOT NULL,
                  bytes BIGINT NOT NULL
                )
                """,
                // Both answer from the index alone: the vectors, which fill the pages of the table, are not read.
                "CREATE INDEX embedding_cache_used ON embedding_cache (used_at, bytes)",
                "CREATE INDEX embedding_cache_digest ON embedding_cache (model_digest)",
            ]
        }
    ]

    /// An entry as its row says it is.
    package struct Found: Sendable {
        package let embedding: CachedEmbedding
        /// Milliseconds since 1970, not newer than the hour.
        package let usedAt: Int64
    }

    /// Entries and their bytes.
    package struct Size: Sendable, Equatable {
        package var entries = 0
        package var bytes = 0

        static func - (left: Size, right: Size) -> Size {
            Size(entries: left.entries - right.entries, bytes: left.bytes - right.bytes)
        }
    }

    /// Bytes that a row takes on disk: the vector, its other columns, and its places in three indexes.
    package static func bytes(of embedding: CachedEmbedding) -> Int {
        embedding.vector.count * 4 + embedding.model.id.utf8.count + 2 * embedding.model.digest.utf8.count + 160
    }

    /// The row of a key; nil when there is none.
    package func find(_ key: CacheKey, in db: any SQLConnection) throws -> Found? {
        try db.row(
            """
            SELECT vector, norm, tokens, model_id, model_digest, model_precision, used_at FROM embedding_cache
            WHERE key = \(key.bytes)
            """
        ) { row in
            let vector = try row.next(Data.self).littleEndianFloats
            let (norm, tokens) = (try row.next(Double.self), try row.next(Int.self))
            let model = ModelIdentity(
                id: try row.next(), digest: try row.next(), dims: vector.count, precision: try row.next())
            return Found(
                embedding: CachedEmbedding(vector: vector, norm: Float(norm), tokens: tokens, model: model),
                usedAt: try row.next())
        }
    }

    /// Adds an entry, or replaces the one of its key.
    package func upsert(_ entry: CacheEntry, in db: any SQLConnection, now: Int64) throws {
        let embedding = entry.embedding
        try db.execute(
            """
            INSERT INTO embedding_cache
              (key, vector, norm, tokens, model_id, model_digest, model_precision, used_at, bytes)
            VALUES (\(entry.key.bytes), \(Data(littleEndian: embedding.vector)), \(Double(embedding.norm)),
              \(embedding.tokens), \(embedding.model.id), \(embedding.model.digest), \(embedding.model.precision),
              \(now), \(Self.bytes(of: embedding)))
            ON CONFLICT (key) DO UPDATE SET vector = excluded.vector, norm = excluded.norm, tokens = excluded.tokens,
              model_id = excluded.model_id, model_digest = excluded.model_digest,
              model_precision = excluded.model_precision, used_at = excluded.used_at, bytes = excluded.bytes
            """)
    }

    /// Notes that an entry was used.
    package func touch(_ key: CacheKey, in db: any SQLConnection, now: Int64) throws {
        try db.execute(
            "UPDATE embedding_cache SET used_at = \(now) WHERE key = \(key.bytes) AND used_at < \(now)")
    }

    /// How many entries there are, and their bytes.
    package func size(in db: any SQLConnection) throws -> Size {
        // The bytes are added as a whole number by both databases.
        try db.row("SELECT COUNT(*), CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM embedding_cache") { row in
            Size(entries: try row.next(), bytes: try row.next())
        } ?? Size()
    }

    /// The revisions of models that entries were made by.
    package func digests(in db: any SQLConnection) throws -> [String] {
        try db.values("SELECT DISTINCT model_digest FROM embedding_cache", as: String.self)
    }

    /// Removes those that were used longest ago.
    /// - Parameter before: Only what was last used before this time; nil: whatever there is.
    /// - Returns: what is gone.
    package func removeOldest(before: Int64? = nil, limit: Int, in db: any SQLConnection) throws -> Size {
        let condition: SQL = if let before { "WHERE used_at < \(before) " } else { "" }
        return try remove("\(condition)ORDER BY used_at", limit: limit, in: db)
    }

    /// Removes entries of one revision of a model.
    /// - Returns: what is gone.
    package func remove(digest: String, limit: Int, in db: any SQLConnection) throws -> Size {
        try remove("WHERE model_digest = \(digest)", limit: limit, in: db)
    }

    private func remove(_ condition: SQL, limit: Int, in db: any SQLConnection) throws -> Size {
        let bytes = try db.values(
            """
            DELETE FROM embedding_cache WHERE key IN (SELECT key FROM embedding_cache \(condition) LIMIT \(limit))
            RETURNING bytes
            """, as: Int.self)
        return Size(entries: bytes.count, bytes: bytes.reduce(0, +))
    }
}

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
        let row = try db.first(
            """
            SELECT vector, norm, tokens, model_id, model_digest, model_precision, used_at FROM embedding_cache
            WHERE key = ?
            """, [.blob(key.bytes)])
        guard let row else { return nil }
        let vector = try row.blob("vector").littleEndianFloats
        let model = ModelIdentity(
            id: try row.text("model_id"), digest: try row.text("model_digest"), dims: vector.count,
            precision: try row.text("model_precision"))
        return Found(
            embedding: CachedEmbedding(
                vector: vector, norm: Float(row.optionalReal("norm") ?? 1), tokens: Int(try row.integer("tokens")),
                model: model),
            usedAt: try row.integer("used_at"))
    }

    /// Adds an entry, or replaces the one of its key.
    package func upsert(_ entry: CacheEntry, in db: any SQLConnection, now: Int64) throws {
        let embedding = entry.embedding
        try db.execute(
            """
            INSERT INTO embedding_cache
              (key, vector, norm, tokens, model_id, model_digest, model_precision, used_at, bytes)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (key) DO UPDATE SET vector = excluded.vector, norm = excluded.norm, tokens = excluded.tokens,
              model_id = excluded.model_id, model_digest = excluded.model_digest,
              model_precision = excluded.model_precision, used_at = excluded.used_at, bytes = excluded.bytes
            """,
            [
                .blob(entry.key.bytes), .blob(Data(littleEndian: embedding.vector)), .real(Double(embedding.norm)),
                .int(embedding.tokens), .text(embedding.model.id), .text(embedding.model.digest),
                .text(embedding.model.precision), .integer(now), .int(Self.bytes(of: embedding)),
            ])
    }

    /// Notes that an entry was used.
    package func touch(_ key: CacheKey, in db: any SQLConnection, now: Int64) throws {
        try db.execute(
            "UPDATE embedding_cache SET used_at = ? WHERE key = ? AND used_at < ?",
            [.integer(now), .blob(key.bytes), .integer(now)])
    }

    /// How many entries there are, and their bytes.
    package func size(in db: any SQLConnection) throws -> Size {
        let row = try db.first(
            // The bytes are added as a whole number by both databases.
            "SELECT COUNT(*) AS entries, CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes FROM embedding_cache")
        return Size(
            entries: Int(row?.optionalInteger("entries") ?? 0), bytes: Int(row?.optionalInteger("bytes") ?? 0))
    }

    /// The revisions of models that entries were made by.
    package func digests(in db: any SQLConnection) throws -> [String] {
        try db.query("SELECT DISTINCT model_digest FROM embedding_cache").map { try $0.text("model_digest") }
    }

    /// Removes those that were used longest ago.
    /// - Parameter before: Only what was last used before this time; nil: whatever there is.
    /// - Returns: what is gone.
    package func removeOldest(before: Int64? = nil, limit: Int, in db: any SQLConnection) throws -> Size {
        try remove(
            "\(before == nil ? "" : "WHERE used_at < ? ")ORDER BY used_at",
            before.map { [.integer($0)] } ?? [], limit: limit, in: db)
    }

    /// Removes entries of one revision of a model.
    /// - Returns: what is gone.
    package func remove(digest: String, limit: Int, in db: any SQLConnection) throws -> Size {
        try remove("WHERE model_digest = ?", [.text(digest)], limit: limit, in: db)
    }

    private func remove(
        _ condition: String, _ arguments: [SQLValue], limit: Int, in db: any SQLConnection
    ) throws -> Size {
        let rows = try db.query(
            """
            DELETE FROM embedding_cache WHERE key IN (SELECT key FROM embedding_cache \(condition) LIMIT ?)
            RETURNING bytes
            """, arguments + [.int(limit)])
        return Size(entries: rows.count, bytes: try rows.reduce(0) { $0 + Int(try $1.integer("bytes")) })
    }
}

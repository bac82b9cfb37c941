import HearthJSON

package import struct Foundation.Data

/// The rows of keys. Every change counts a version up, by which fronts notice it.
package struct KeyTable: Sendable {
    /// A key and the digests of the secrets that open it.
    package struct Entry: Sendable {
        package var key: APIKey
        package var digest: Data
        /// Of the secret before the last rotation.
        package var previousDigest: Data?
    }

    package init() {}

    /// Adds a key.
    package func insert(_ key: APIKey, digest: Data, in db: any SQLConnection) throws {
        try db.execute(
            """
            INSERT INTO api_keys (id, tenant, name, permission, digest, start, limits, created_at, expires_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(key.keyID), .text(key.tenant.rawValue), .text(key.name), .text(key.permission.rawValue),
                .blob(digest), .text(key.start), .text(try JSONValueEncoder.encode(key.limits).encodedText()),
                .integer(key.createdAt), .optional(key.expiresAt),
            ])
        try countUp(in: db)
    }

    /// Keys, newest first.
    /// - Parameters:
    ///   - tenant: nil: of all tenants.
    ///   - cursor: id of the last key of the page before.
    package func list(of tenant: Tenant?, cursor: String?, limit: Int, in db: any SQLConnection) throws -> [APIKey] {
        var conditions: [String] = []
        var arguments: [SQLValue] = []
        if let tenant {
            conditions.append("tenant = ?")
            arguments.append(.text(tenant.rawValue))
        }
        if let cursor {
            conditions.append("id < ?")
            arguments.append(.text(cursor))
        }
        let filter = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND "))"
        return try db.query(
            "SELECT * FROM api_keys \(filter) ORDER BY id DESC LIMIT ?", arguments + [.int(limit)]
        ).map { try Self.entry($0).key }
    }

    /// - Parameter tenant: nil: of any tenant.
    /// - Throws: ``HearthError`` `not_found`, for another tenant's key too.
    package func key(_ id: String, of tenant: Tenant?, in db: any SQLConnection) throws -> APIKey {
        let row = try db.first("SELECT * FROM api_keys WHERE id = ?", [.text(id)])
        guard let key = try row.map({ try Self.entry($0).key }), tenant == nil || tenant == key.tenant else {
            throw HearthError(.notFound, "There is no such key.", hint: "`hearth keys list` shows them.")
        }
        return key
    }

    /// Gives a key another secret; the one it had stays good until `overlap`, the one before that ends now.
    package func rotate(
        _ id: String, digest: Data, start: String, expiresAt: Int64?, overlap: Int64, in db: any SQLConnection
    ) throws {
        try db.execute(
            """
            UPDATE api_keys SET previous_digest = digest, overlap_until = ?, digest = ?, start = ?, expires_at = ?
            WHERE id = ? AND revoked_at IS NULL
            """,
            [.integer(overlap), .blob(digest), .text(start), .optional(expiresAt), .text(id)])
        try countUp(in: db)
    }

    /// Ends a key; one that has ended stays as it is.
    package func revoke(_ id: String, in db: any SQLConnection, now: Int64) throws {
        try db.execute(
            "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", [.integer(now), .text(id)])
        try countUp(in: db)
    }

    /// Notes when a key was last used. It changes nothing that a front decides by, and so counts nothing up.
    package func touch(_ id: String, in db: any SQLConnection, at time: Int64) throws {
        try db.execute(
            "UPDATE api_keys SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)",
            [.integer(time), .text(id), .integer(time)])
    }

    /// Forgets keys that ended before a time.
    package func prune(before time: Int64, in db: any SQLConnection) throws {
        try db.execute(
            "DELETE FROM api_keys WHERE revoked_at < ? OR expires_at < ?", [.integer(time), .integer(time)])
    }

    package func count(in db: any SQLConnection) throws -> Int {
        Int(try db.first("SELECT COUNT(*) AS count FROM api_keys")?.integer("count") ?? 0)
    }

    /// All keys that were not revoked and have not expired.
    package func usable(in db: any SQLConnection, now: Int64) throws -> [Entry] {
        try db.query(
            "SELECT * FROM api_keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)",
            [.integer(now)]
        ).map(Self.entry)
    }

    /// Counts the changes; 0: there has never been a key.
    package func version(in db: any SQLConnection) throws -> Int64 {
        try db.first("SELECT number FROM key_version")?.integer("number") ?? 0
    }

    private func countUp(in db: any SQLConnection) throws {
        try db.execute("UPDATE key_version SET number = number + 1")
    }

    private static func entry(_ row: SQLRow) throws -> Entry {
        guard let permission = Grant(rawValue: try row.text("permission")) else {
            throw HearthError(.internalError, "The store holds a key with an unknown permission.")
        }
        let limits = try JSONParser.parse(Data(try row.text("limits").utf8))
        let key = APIKey(
            keyID: try row.text("id"), name: try row.text("name"), tenant: Tenant(rawValue: try row.text("tenant")),
            permission: permission, start: try row.text("start"),
            limits: try JSONValueDecoder.decode(KeyLimits.self, from: limits), createdAt: try row.integer("created_at"),
            expiresAt: row.optionalInteger("expires_at"), lastUsedAt: row.optionalInteger("last_used_at"),
            revokedAt: row.optionalInteger("revoked_at"), overlapUntil: row.optionalInteger("overlap_until"))
        var previous: Data?
        if case .blob(let bytes) = row["previous_digest"] { previous = bytes }
        return Entry(key: key, digest: try row.blob("digest"), previousDigest: previous)
    }
}

extension KeyTable {
    /// Keys, and the number by which a change of them is noticed.
    package static let migrations = [
        Migration(10, "keys") { dialect in
            [
                """
                CREATE TABLE api_keys (
                  id TEXT PRIMARY KEY,
                  tenant TEXT NOT NULL,
                  name TEXT NOT NULL,
                  permission TEXT NOT NULL CHECK (permission IN ('read', 'write', 'admin')),
                  digest \(dialect.blob) NOT NULL UNIQUE,
                  previous_digest \(dialect.blob),
                  overlap_until BIGINT,
                  start TEXT NOT NULL,
                  limits TEXT NOT NULL,
                  created_at BIGINT NOT NULL,
                  expires_at BIGINT,
                  last_used_at BIGINT,
                  revoked_at BIGINT
                )
                """,
                "CREATE INDEX api_keys_of_tenant ON api_keys (tenant, id)",
                "CREATE TABLE key_version (number BIGINT NOT NULL)",
                "INSERT INTO key_version (number) VALUES (0)",
            ]
        }
    ]
}

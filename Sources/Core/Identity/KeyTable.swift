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
            VALUES (\(key.keyID), \(key.tenant), \(key.name), \(key.permission), \(digest), \(key.start),
              \(try JSONValueEncoder.encode(key.limits).encodedText()), \(key.createdAt), \(key.expiresAt))
            """)
        try countUp(in: db)
    }

    /// Keys, newest first.
    /// - Parameters:
    ///   - tenant: nil: of all tenants.
    ///   - cursor: id of the last key of the page before.
    package func list(of tenant: Tenant?, cursor: String?, limit: Int, in db: any SQLConnection) throws -> [APIKey] {
        let ofTenant: SQL = if let tenant { "tenant = \(tenant)" } else { "1 = 1" }
        let before: SQL = if let cursor { "id < \(cursor)" } else { "1 = 1" }
        return try db.rows(
            """
            SELECT \(APIKey.columns) FROM api_keys WHERE \(ofTenant) AND \(before) ORDER BY id DESC LIMIT \(limit)
            """, as: APIKey.self)
    }

    /// - Parameter tenant: nil: of any tenant.
    /// - Throws: ``HearthError`` `not_found`, for another tenant's key too.
    package func key(_ id: String, of tenant: Tenant?, in db: any SQLConnection) throws -> APIKey {
        let key = try db.row("SELECT \(APIKey.columns) FROM api_keys WHERE id = \(id)", as: APIKey.self)
        guard let key, tenant == nil || tenant == key.tenant else {
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
            UPDATE api_keys SET previous_digest = digest, overlap_until = \(overlap), digest = \(digest),
              start = \(start), expires_at = \(expiresAt)
            WHERE id = \(id) AND revoked_at IS NULL
            """)
        try countUp(in: db)
    }

    /// Ends a key; one that has ended stays as it is.
    package func revoke(_ id: String, in db: any SQLConnection, now: Int64) throws {
        try db.execute(
            "UPDATE api_keys SET revoked_at = \(now) WHERE id = \(id) AND revoked_at IS NULL")
        try countUp(in: db)
    }

    /// Notes when a key was last used. It changes nothing that a front decides by, and so counts nothing up.
    package func touch(_ id: String, in db: any SQLConnection, at time: Int64) throws {
        try db.execute(
            """
            UPDATE api_keys SET last_used_at = \(time)
            WHERE id = \(id) AND (last_used_at IS NULL OR last_used_at < \(time))
            """)
    }

    /// Forgets keys that ended before a time.
    package func prune(before time: Int64, in db: any SQLConnection) throws {
        try db.execute(
            "DELETE FROM api_keys WHERE revoked_at < \(time) OR expires_at < \(time)")
    }

    /// How many keys there are, of all tenants.
    package func count(in db: any SQLConnection) throws -> Int {
        try db.value("SELECT COUNT(*) FROM api_keys", as: Int.self) ?? 0
    }

    /// All keys that were not revoked and have not expired.
    package func usable(in db: any SQLConnection, now: Int64) throws -> [Entry] {
        try db.rows(
            """
            SELECT digest, previous_digest, \(APIKey.columns) FROM api_keys
            WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > \(now))
            """
        ) { row in
            let (digest, previous) = (try row.next(Data.self), try row.next(Data?.self))
            return Entry(key: try APIKey(row: &row), digest: digest, previousDigest: previous)
        }
    }

    /// Counts the changes; 0: there has never been a key.
    package func version(in db: any SQLConnection) throws -> Int64 {
        try db.value("SELECT number FROM key_version", as: Int64.self) ?? 0
    }

    private func countUp(in db: any SQLConnection) throws {
        try db.execute("UPDATE key_version SET number = number + 1")
    }
}

extension APIKey: SQLDecodable {
    static let columns: SQL = """
        id, tenant, name, permission, start, limits, created_at, expires_at, last_used_at, revoked_at, overlap_until
        """

    /// Reads ``columns``.
    package init(row: inout SQLRow) throws {
        let (id, tenant, name) = (try row.next(String.self), try row.next(Tenant.self), try row.next(String.self))
        let (permission, start) = (try row.next(Grant.self), try row.next(String.self))
        let limits = try JSONParser.read(Data(row.next(String.self).utf8))
        self.init(
            keyID: id, name: name, tenant: tenant, permission: permission, start: start,
            limits: try JSONValueDecoder.read(KeyLimits.self, from: limits), createdAt: try row.next(),
            expiresAt: try row.next(), lastUsedAt: try row.next(), revokedAt: try row.next(),
            overlapUntil: try row.next())
    }
}

extension Grant: SQLColumn {}

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

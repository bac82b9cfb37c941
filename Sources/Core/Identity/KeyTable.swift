import HearthJSON

package import struct Foundation.Data

/// The rows of keys. Every change counts a version up, by which fronts notice it; each row has the version of its last
/// change, by which they find what has changed.
package struct KeyTable: Sendable {
    /// A key and the digests of the secrets that open it.
    package struct Entry: Sendable {
        package var key: APIKey
        package var digest: Data
        /// Of the secret before the last rotation.
        package var previousDigest: Data?

        /// Of every secret that may open it.
        var digests: [Data] { [digest] + (previousDigest.map { [$0] } ?? []) }
    }

    /// What has become of the keys since a version.
    package struct Change: Sendable {
        package var version: Int64
        /// Whether `entries` are all usable keys; otherwise they are those that have changed, ended ones among them.
        package var isWhole: Bool
        package var entries: [Entry]
    }

    package init() {}

    /// Adds a key.
    package func insert(_ key: APIKey, digest: Data, in db: any SQLConnection) throws {
        let version = try countUp(in: db)
        try db.execute(
            """
            INSERT INTO api_keys
              (id, tenant, name, permission, digest, start, limits, makers, created_at, expires_at, version)
            VALUES (\(key.keyID), \(key.tenant), \(key.name), \(key.permission), \(digest), \(key.start),
              \(try JSONValueEncoder.encode(key.limits).encodedText()),
              \(try JSONValueEncoder.encode(key.makers).encodedText()), \(key.createdAt), \(key.expiresAt), \(version))
            """)
    }

    /// Keys, newest first.
    /// - Parameters:
    ///   - tenant: nil: of all tenants.
    ///   - time: keys that ended before it are left out.
    ///   - cursor: id of the last key of the page before.
    package func list(
        of tenant: Tenant?, endedAfter time: Int64, cursor: String?, limit: Int, in db: any SQLConnection
    ) throws -> [APIKey] {
        let ofTenant: SQL = if let tenant { "tenant = \(tenant)" } else { "1 = 1" }
        let before: SQL = if let cursor { "id < \(cursor)" } else { "1 = 1" }
        return try db.rows(
            """
            SELECT \(APIKey.columns) FROM api_keys
            WHERE \(ofTenant) AND \(before) AND COALESCE(revoked_at, expires_at, \(Int64.max)) >= \(time)
            ORDER BY id DESC LIMIT \(limit)
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
        let version = try countUp(in: db)
        try db.execute(
            """
            UPDATE api_keys SET previous_digest = digest, overlap_until = \(overlap), digest = \(digest),
              start = \(start), expires_at = \(expiresAt), version = \(version)
            WHERE id = \(id) AND revoked_at IS NULL
            """)
    }

    /// Ends a key; one that has ended stays as it is.
    package func revoke(_ id: String, in db: any SQLConnection, now: Int64) throws {
        let version = try countUp(in: db)
        try db.execute(
            "UPDATE api_keys SET revoked_at = \(now), version = \(version) WHERE id = \(id) AND revoked_at IS NULL")
    }

    /// Notes when a key was last used. It changes nothing that a front decides by, and so counts nothing up.
    package func touch(_ id: String, in db: any SQLConnection, at time: Int64) throws {
        try db.execute(
            """
            UPDATE api_keys SET last_used_at = \(time)
            WHERE id = \(id) AND (last_used_at IS NULL OR last_used_at < \(time))
            """)
    }

    /// Deletes keys of a tenant: those that ended before a time, and all but the last `most` that have ended.
    package func prune(
        of tenant: Tenant, endedBefore time: Int64, keeping most: Int, in db: any SQLConnection, now: Int64
    ) throws {
        let ended: SQL = "tenant = \(tenant) AND (revoked_at IS NOT NULL OR expires_at <= \(now))"
        let end: SQL = "COALESCE(revoked_at, expires_at)"
        let old = try db.rows(
            """
            SELECT id, version FROM api_keys WHERE \(ended) AND \(end) < \(time)
            UNION SELECT id, version FROM (
              SELECT id, version FROM api_keys WHERE \(ended) ORDER BY \(end) DESC, id DESC
              LIMIT \(Limits.keys) OFFSET \(most)
            ) AS surplus LIMIT \(Limits.itemsOfStatement)
            """
        ) { row in (id: try row.next(String.self), version: try row.next(Int64.self)) }
        guard let newest = old.map(\.version).max() else { return }
        try db.execute("DELETE FROM api_keys WHERE id IN \(list: old.map(\.id))")
        // A front that does not know this version yet cannot find these rows, and reads all keys instead.
        try db.execute("UPDATE key_version SET pruned = \(newest) WHERE pruned < \(newest)")
    }

    /// How many keys of a tenant are usable.
    package func count(of tenant: Tenant, in db: any SQLConnection, now: Int64) throws -> Int {
        try db.value("SELECT COUNT(*) FROM api_keys WHERE tenant = \(tenant) AND \(Self.usable(now))", as: Int.self)
            ?? 0
    }

    /// Whether any tenant has a key that lets a caller in now.
    package func hasUsableKey(in db: any SQLConnection, now: Int64) throws -> Bool {
        try db.exists("SELECT 1 FROM api_keys WHERE \(Self.usable(now)) LIMIT 1")
    }

    /// What has changed since a version; nil: nothing has. Its cost grows with the changes, not with the keys.
    /// - Parameter known: 0: nothing is known.
    package func change(since known: Int64, in db: any SQLConnection, now: Int64) throws -> Change? {
        let versions = try db.row("SELECT number, pruned FROM key_version") { row in
            (number: try row.next(Int64.self), pruned: try row.next(Int64.self))
        }
        guard let versions, versions.number != known else { return nil }
        let isWhole = known == 0 || known < versions.pruned
        let changed: SQL = if isWhole { Self.usable(now) } else { "version > \(known)" }
        let entries = try db.rows(
            "SELECT digest, previous_digest, \(APIKey.columns) FROM api_keys WHERE \(changed)"
        ) { row in
            let (digest, previous) = (try row.next(Data.self), try row.next(Data?.self))
            return Entry(key: try APIKey(row: &row), digest: digest, previousDigest: previous)
        }
        return Change(version: versions.number, isWhole: isWhole, entries: entries)
    }

    /// Counts the changes; 0: there has never been a key.
    package func version(in db: any SQLConnection) throws -> Int64 {
        try db.value("SELECT number FROM key_version", as: Int64.self) ?? 0
    }

    private static func usable(_ now: Int64) -> SQL {
        "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > \(now))"
    }

    /// The version of a change that is made now.
    private func countUp(in db: any SQLConnection) throws -> Int64 {
        try db.execute("UPDATE key_version SET number = number + 1")
        return try version(in: db)
    }
}

extension APIKey: SQLDecodable {
    static let columns: SQL = """
        id, tenant, name, permission, start, limits, created_at, expires_at, last_used_at, revoked_at, overlap_until,
          makers
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
            overlapUntil: try row.next(),
            makers: try JSONValueDecoder.read(
                [KeyMaker].self, from: JSONParser.read(Data(row.next(String.self).utf8))))
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
        },
        Migration(12, "versions of keys") { _ in
            [
                "ALTER TABLE api_keys ADD COLUMN version BIGINT NOT NULL DEFAULT 0",
                "CREATE INDEX api_keys_by_version ON api_keys (version)",
                // The highest version of a row that was deleted.
                "ALTER TABLE key_version ADD COLUMN pruned BIGINT NOT NULL DEFAULT 0",
            ]
        },
        Migration(17, "makers of keys") { _ in
            ["ALTER TABLE api_keys ADD COLUMN makers TEXT NOT NULL DEFAULT '[]'"]
        },
    ]
}

import struct Foundation.Data

/// The rows of keys by which scopes are sealed, wrapped, and which master key is in use.
///
/// A row alone opens nothing: it takes the master key and the scope's other half, a file of the folder `keys`. A key is
/// destroyed by removing that half, so that copies of the rows, in backups as well, open nothing from then on.
package enum SealKeyTable {
    /// The key of a scope as its row has it.
    struct Row: Sendable, SQLDecodable {
        static let columns: SQL = "scope, tenant, wrapped, half, master_id, created_at, destroyed_at"

        let scope: String
        let tenant: Tenant
        /// Nil when it was destroyed.
        let wrapped: Data?
        /// Names the file with the other half.
        let half: String
        let masterID: String
        let createdAt: Int64
        let destroyedAt: Int64?

        init(row: inout SQLRow) throws {
            scope = try row.next()
            tenant = try row.next()
            wrapped = try row.next()
            half = try row.next()
            masterID = try row.next()
            createdAt = try row.next()
            destroyedAt = try row.next()
        }
    }

    static func row(of scope: String, in db: any SQLConnection) throws -> Row? {
        try db.row("SELECT \(Row.columns) FROM seal_keys WHERE scope = \(scope)", as: Row.self)
    }

    static func insert(
        scope: String, tenant: Tenant, wrapped: Data, half: String, masterID: String, in db: any SQLConnection,
        now: Int64
    ) throws {
        try db.execute(
            """
            INSERT INTO seal_keys (scope, tenant, wrapped, half, master_id, created_at)
            VALUES (\(scope), \(tenant), \(wrapped), \(half), \(masterID), \(now))
            """)
    }

    /// - Returns: the name of the other half; nil when there was no key.
    static func destroy(_ scope: String, in db: any SQLConnection, now: Int64) throws -> String? {
        try db.value(
            """
            UPDATE seal_keys SET wrapped = NULL, destroyed_at = \(now)
            WHERE scope = \(scope) AND destroyed_at IS NULL RETURNING half
            """, as: String.self)
    }

    /// Keys that are wrapped by another master key than this one, by scope, behind a scope.
    static func rows(
        notBy masterID: String, after scope: String, limit: Int, in db: any SQLConnection
    ) throws -> [Row] {
        try db.rows(
            """
            SELECT \(Row.columns) FROM seal_keys
            WHERE destroyed_at IS NULL AND master_id <> \(masterID) AND scope > \(scope)
            ORDER BY scope LIMIT \(limit)
            """, as: Row.self)
    }

    /// Identifiers of the master keys that keys are wrapped by.
    static func masterIDs(in db: any SQLConnection) throws -> [String] {
        try db.values(
            "SELECT DISTINCT master_id FROM seal_keys WHERE destroyed_at IS NULL ORDER BY master_id", as: String.self)
    }

    static func setWrapped(
        _ wrapped: Data, of row: Row, by masterID: String, in db: any SQLConnection
    ) throws -> Bool {
        try db.execute(
            """
            UPDATE seal_keys SET wrapped = \(wrapped), master_id = \(masterID)
            WHERE scope = \(row.scope) AND half = \(row.half) AND destroyed_at IS NULL
            """) > 0
    }

    /// Of these names of halves, those whose keys were destroyed.
    static func destroyed(_ halves: [String], in db: any SQLConnection) throws -> Set<String> {
        var destroyed: Set<String> = []
        for start in stride(from: 0, to: halves.count, by: Limits.itemsOfStatement) {
            let part = halves[start..<min(start + Limits.itemsOfStatement, halves.count)]
            destroyed.formUnion(
                try db.values(
                    "SELECT half FROM seal_keys WHERE destroyed_at IS NOT NULL AND half IN \(list: part)",
                    as: String.self))
        }
        return destroyed
    }

    /// The master key that new keys are wrapped by; nil as long as nothing was sealed.
    static func masterInUse(in db: any SQLConnection) throws -> String? {
        try db.value("SELECT id FROM seal_master", as: String.self)
    }

    static func setMaster(_ id: String, in db: any SQLConnection) throws {
        try db.execute(
            "INSERT INTO seal_master (number, id) VALUES (1, \(id)) ON CONFLICT (number) DO UPDATE SET id = excluded.id"
        )
    }

    /// The schema of keys.
    package static let migrations = [
        Migration(30, "keys that seal") { dialect in
            [
                """
                CREATE TABLE seal_keys (
                  scope TEXT PRIMARY KEY,
                  tenant TEXT NOT NULL,
                  wrapped \(dialect.blob),
                  half TEXT NOT NULL UNIQUE,
                  master_id TEXT NOT NULL,
                  created_at BIGINT NOT NULL,
                  destroyed_at BIGINT,
                  CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
                )
                """,
                "CREATE INDEX seal_keys_by_master ON seal_keys (master_id, scope) WHERE destroyed_at IS NULL",
                "CREATE TABLE seal_master (number BIGINT PRIMARY KEY CHECK (number = 1), id TEXT NOT NULL)",
            ]
        }
    ]
}

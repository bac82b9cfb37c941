package import HearthCore

/// The rows of pictures that came with requests.
package struct RequestPictureTable: Sendable {
    /// The table has no state of its own.
    package init() {}

    /// Makes the table of pictures that came with requests.
    package static let migrations = [
        Migration(29, "pictures of requests") { _ in
            [
                """
                CREATE TABLE request_pictures (
                  id TEXT PRIMARY KEY,
                  tenant TEXT NOT NULL,
                  sha256 TEXT NOT NULL,
                  format TEXT NOT NULL,
                  width BIGINT NOT NULL,
                  height BIGINT NOT NULL,
                  bytes BIGINT NOT NULL,
                  path TEXT NOT NULL UNIQUE,
                  created_at BIGINT NOT NULL,
                  used_at BIGINT NOT NULL,
                  UNIQUE (tenant, sha256)
                )
                """,
                "CREATE INDEX request_pictures_by_use ON request_pictures (used_at)",
            ]
        }
    ]

    /// Rows that one step deletes.
    private static let step = 200

    /// What a tenant has.
    package static func usage(of tenant: Tenant, in db: any SQLConnection) throws -> TenantUsage {
        try db.row(
            """
            SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT), COUNT(*) FROM request_pictures WHERE tenant = \(tenant)
            """
        ) { row in TenantUsage(storedBytes: try row.next(), records: try row.next()) } ?? TenantUsage()
    }

    func find(id: String, of tenant: Tenant, in db: any SQLConnection) throws -> RequestPicture? {
        try db.row(
            "SELECT \(RequestPicture.columns) FROM request_pictures WHERE id = \(id) AND tenant = \(tenant)",
            as: RequestPicture.self)
    }

    func find(sha256: String, of tenant: Tenant, in db: any SQLConnection) throws -> RequestPicture? {
        try db.row(
            "SELECT \(RequestPicture.columns) FROM request_pictures WHERE tenant = \(tenant) AND sha256 = \(sha256)",
            as: RequestPicture.self)
    }

    /// The same bytes once more: they are kept longer.
    /// - Returns: nil when the tenant has them not.
    func touch(
        sha256: String, of tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws -> RequestPicture? {
        try db.row(
            """
            UPDATE request_pictures SET used_at = \(now) WHERE tenant = \(tenant) AND sha256 = \(sha256)
            RETURNING \(RequestPicture.columns)
            """, as: RequestPicture.self)
    }

    func insert(_ picture: RequestPicture, of tenant: Tenant, in db: any SQLConnection) throws {
        try db.execute(
            """
            INSERT INTO request_pictures (id, tenant, sha256, format, width, height, bytes, path, created_at, used_at)
            VALUES (\(picture.pictureID), \(tenant), \(picture.sha256), \(picture.format), \(picture.width),
              \(picture.height), \(picture.bytes), \(picture.path), \(picture.createdAt), \(picture.createdAt))
            """)
    }

    /// Deletes some of the pictures that were last sent before a time, and returns the paths of their files.
    func deleteUnused(since time: Int64, in db: any SQLConnection) throws -> [String] {
        try db.values(
            """
            DELETE FROM request_pictures WHERE id IN (
              SELECT id FROM request_pictures WHERE used_at < \(time) ORDER BY used_at LIMIT \(Self.step))
            RETURNING path
            """, as: String.self)
    }

    func named(_ paths: [String], in db: any SQLConnection) throws -> Set<String> {
        Set(try db.values("SELECT path FROM request_pictures WHERE path IN \(list: paths)", as: String.self))
    }
}

extension RequestPicture: SQLDecodable {
    static let columns: SQL = "id, sha256, format, width, height, bytes, path, created_at"

    /// Reads the columns in their order.
    package init(row: inout SQLRow) throws {
        pictureID = try row.next()
        sha256 = try row.next()
        format = try row.next()
        width = try row.next()
        height = try row.next()
        bytes = try row.next()
        path = try row.next()
        createdAt = try row.next()
    }
}

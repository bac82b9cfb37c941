package import HearthCore
import HearthJSON

/// The SQL of clients, users and templates; sessions, pictures, attempts and albums have files of their own.
package struct FaceTable: Sendable {
    package init() {}

    /// What a tenant has of clients, users, photos and seen pictures.
    package static func usage(of tenant: Tenant, in db: any SQLConnection) throws -> TenantUsage {
        func sum(_ statement: SQL) throws -> TenantUsage {
            try db.row(statement) { row in TenantUsage(storedBytes: try row.next(), records: try row.next()) }
                ?? TenantUsage()
        }
        let attributes = db.dialect.bytes(of: "attributes")
        return try [
            sum(
                """
                SELECT CAST(COALESCE(SUM(\(verbatim: attributes)), 0) AS BIGINT), COUNT(*) FROM face_clients
                WHERE tenant = \(tenant)
                """),
            sum(
                """
                SELECT CAST(COALESCE(SUM(\(verbatim: attributes) + COALESCE(photo_bytes, 0)), 0) AS BIGINT), COUNT(*)
                FROM face_users WHERE tenant = \(tenant)
                """),
            sum(
                """
                SELECT CAST(COUNT(*) * \(Limits.templateBytes) AS BIGINT), 0 FROM face_users u
                JOIN face_templates t ON t.user_id = u.id WHERE u.tenant = \(tenant)
                """),
            sum(
                """
                SELECT CAST(COALESCE(SUM(p.bytes), 0) AS BIGINT), 0 FROM face_clients c
                JOIN face_pictures p ON p.client_id = c.id WHERE c.tenant = \(tenant)
                """),
            sum(
                """
                SELECT CAST(COALESCE(SUM(p.bytes), 0) AS BIGINT), COUNT(*) FROM face_albums a
                JOIN face_album_photos p ON p.album_id = a.id WHERE a.tenant = \(tenant)
                """),
        ].reduce(TenantUsage(), +)
    }

    static func missing(_ what: String) -> HearthError { HearthError(.notFound, "There is no such \(what).") }

    // MARK: Clients

    /// A client by its name; nil when the tenant has none.
    func findClient(_ name: String, of tenant: Tenant, in db: any SQLConnection) throws -> FaceClient? {
        try db.row(
            """
            SELECT \(FaceClient.columns) FROM face_clients c
            WHERE c.tenant = \(tenant) AND c.name = \(name) AND c.deleting_since IS NULL
            """, as: FaceClient.self)
    }

    /// - Throws: ``HearthError`` `not_found`, also for what is another tenant's.
    func client(_ name: String?, of tenant: Tenant, in db: any SQLConnection) throws -> FaceClient {
        guard let client = try findClient(name ?? FaceClient.defaultName, of: tenant, in: db) else {
            throw HearthError(
                .notFound, "There is no such client.", hint: "`POST /api/clients` makes one.")
        }
        return client
    }

    /// The client with this identifier, for what refers to it.
    func client(id: String, of tenant: Tenant, in db: any SQLConnection) throws -> FaceClient? {
        try db.row(
            """
            SELECT \(FaceClient.columns) FROM face_clients c
            WHERE c.id = \(id) AND c.tenant = \(tenant) AND c.deleting_since IS NULL
            """, as: FaceClient.self)
    }

    /// A client as it is at the moment of a write: its rule of consent may have changed, or it may be gone.
    /// - Throws: ``HearthError`` `not_found`.
    func current(_ client: FaceClient, in db: any SQLConnection) throws -> FaceClient {
        guard let current = try self.client(id: client.clientID, of: client.tenant, in: db) else {
            throw Self.missing("client")
        }
        return current
    }

    /// The client that a write means: the default one is made when there is none.
    func clientToWrite(
        _ name: String?, of tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws -> FaceClient {
        let name = name ?? FaceClient.defaultName
        if let known = try findClient(name, of: tenant, in: db) { return known }
        guard name == FaceClient.defaultName else { return try client(name, of: tenant, in: db) }
        let client = FaceClient(
            clientID: Identifier.make(now: now), tenant: tenant, name: name, requiresConsent: true,
            requiresPhotoMatch: true, attributes: [:], createdAt: now, updatedAt: now)
        try insert(client, in: db)
        return client
    }

    /// - Throws: ``HearthError`` `conflict` for a name that the tenant has, or too many clients.
    func insert(_ client: FaceClient, in db: any SQLConnection) throws {
        let count =
            try db.value(
                "SELECT COUNT(*) FROM face_clients WHERE tenant = \(client.tenant)", as: Int.self) ?? 0
        guard count < Limits.faceClients else {
            throw HearthError(.conflict, "There are \(count) clients.", hint: "A tenant has at most that many.")
        }
        do {
            try db.execute(
                """
                INSERT INTO face_clients (id, tenant, name, requires_consent, requires_photo_match, attributes,
                  created_at, updated_at)
                VALUES (\(client.clientID), \(client.tenant), \(client.name), \(client.requiresConsent),
                  \(client.requiresPhotoMatch), \(client.attributes.encodedText()), \(client.createdAt),
                  \(client.updatedAt))
                """)
        } catch let error as StoreConstraintError where error.kind == .unique {
            throw HearthError(.conflict, "There is a client named \"\(client.name)\" already.")
        }
    }

    /// Writes what may change of a client.
    func update(_ client: FaceClient, in db: any SQLConnection) throws {
        try db.execute(
            """
            UPDATE face_clients SET requires_consent = \(client.requiresConsent),
              requires_photo_match = \(client.requiresPhotoMatch), attributes = \(client.attributes.encodedText()),
              updated_at = \(client.updatedAt)
            WHERE id = \(client.clientID)
            """)
    }

    func clients(_ page: PageRequest, of tenant: Tenant, in db: any SQLConnection) throws -> Page<FaceClient> {
        try db.page(
            page,
            of: """
                SELECT \(FaceClient.columns) FROM face_clients c
                WHERE c.tenant = \(tenant) AND c.deleting_since IS NULL
                """, by: "c.id", cursor: \FaceClient.clientID)
    }

    // MARK: Users

    /// The user that a client calls so; nil when it has none.
    func findUser(_ externalID: String, of client: FaceClient, in db: any SQLConnection) throws -> FaceUserRow? {
        try db.row(
            """
            SELECT \(FaceUserRow.columns) FROM face_users u
            WHERE u.client_id = \(client.clientID) AND u.external_user_id = \(externalID)
            """, as: FaceUserRow.self)
    }

    /// - Throws: ``HearthError`` `not_found`, also for what is another client's.
    func user(_ externalID: String, of client: FaceClient, in db: any SQLConnection) throws -> FaceUserRow {
        guard let user = try findUser(externalID, of: client, in: db) else { throw Self.missing("user") }
        return user
    }

    /// A user by the identifier that jobs and vectors have; nil when it is gone, or another tenant's.
    func user(id: String, of tenant: Tenant, in db: any SQLConnection) throws -> FaceUserRow? {
        try db.row(
            "SELECT \(FaceUserRow.columns) FROM face_users u WHERE u.id = \(id) AND u.tenant = \(tenant)",
            as: FaceUserRow.self)
    }

    /// What clients call some users.
    func names(ofUsers ids: [String], in db: any SQLConnection) throws -> [String: String] {
        let rows = try db.rows(
            "SELECT id, external_user_id FROM face_users WHERE id IN \(list: ids)"
        ) { row in (try row.next(String.self), try row.next(String.self)) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// A user's page entry: its row and its number of templates.
    func users(_ page: PageRequest, of client: FaceClient, in db: any SQLConnection) throws -> Page<FaceUser> {
        let rows = try db.rows(
            """
            SELECT \(FaceUserRow.columns) FROM face_users u
            WHERE u.client_id = \(client.clientID) AND u.id < \(page.before)
            ORDER BY u.id DESC LIMIT \(page.limit + 1)
            """, as: FaceUserRow.self)
        let counts = try templateCounts(ofUsers: rows.map(\.userID), in: db)
        return Page(
            rows: try rows.map { try $0.shown(client: client.name, templates: counts[$0.userID] ?? 0) },
            limit: page.limit, cursor: \.userID)
    }

    /// A user as clients see it.
    func shown(_ row: FaceUserRow, of client: FaceClient, in db: any SQLConnection) throws -> FaceUser {
        try row.shown(client: client.name, templates: templateCounts(ofUsers: [row.userID], in: db)[row.userID] ?? 0)
    }

    private func templateCounts(ofUsers ids: [String], in db: any SQLConnection) throws -> [String: Int] {
        guard !ids.isEmpty else { return [:] }
        let rows = try db.rows(
            "SELECT user_id, COUNT(*) FROM face_templates WHERE user_id IN \(list: ids) GROUP BY user_id"
        ) { row in (try row.next(String.self), try row.next(Int.self)) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// - Throws: ``HearthError`` `conflict` for an external id that the client has.
    func insertUser(
        id: String, externalID: String, attributes: String, consent: FaceConsent?, of client: FaceClient,
        in db: any SQLConnection, now: Int64
    ) throws {
        do {
            try db.execute(
                """
                INSERT INTO face_users (id, client_id, tenant, external_user_id, attributes, consent_by, consent_at,
                  consent_text, photo_revision, created_at, updated_at)
                VALUES (\(id), \(client.clientID), \(client.tenant), \(externalID), \(attributes), \(consent?.by),
                  \(consent?.at), \(consent?.textVersion), 0, \(now), \(now))
                """)
        } catch let error as StoreConstraintError where error.kind == .unique {
            throw HearthError(
                .conflict, "There is a user \"\(externalID)\" already.",
                hint: "`PATCH /api/clients/users/{external_user_id}` changes it.")
        }
    }

    /// Changes what is given; nil stays.
    func updateUser(
        _ id: String, attributes: String?, consent: FaceConsent?, in db: any SQLConnection, now: Int64
    ) throws {
        try db.execute(
            """
            UPDATE face_users SET attributes = COALESCE(\(attributes), attributes),
              consent_by = COALESCE(\(consent?.by), consent_by), consent_at = COALESCE(\(consent?.at), consent_at),
              consent_text = COALESCE(\(consent?.textVersion), consent_text), updated_at = \(now)
            WHERE id = \(id)
            """)
    }

    // MARK: Old photos

    /// Makes a photo the user's old photo; it waits to be looked at.
    func setPhoto(
        _ photo: OldPhoto, path: String, ofUser id: String, in db: any SQLConnection, now: Int64
    ) throws {
        try db.execute(
            """
            UPDATE face_users SET photo_id = \(photo.photoID), photo_path = \(path), photo_sha256 = \(photo.sha256),
              photo_bytes = \(photo.bytes), photo_format = \(photo.format), photo_width = \(photo.width),
              photo_height = \(photo.height), photo_state = \(photo.state), photo_strategy = NULL,
              photo_failure = NULL, photo_job = \(photo.jobID), photo_revision = photo_revision + 1,
              updated_at = \(now)
            WHERE id = \(id)
            """)
    }

    func removePhoto(ofUser id: String, in db: any SQLConnection, now: Int64) throws {
        try db.execute(
            """
            UPDATE face_users SET photo_id = NULL, photo_path = NULL, photo_sha256 = NULL, photo_bytes = NULL,
              photo_format = NULL, photo_width = NULL, photo_height = NULL, photo_state = NULL, photo_strategy = NULL,
              photo_failure = NULL, photo_job = NULL, photo_revision = photo_revision + 1, updated_at = \(now)
            WHERE id = \(id)
            """)
    }

    /// The photo is to be looked at, by this job.
    func awaitPhoto(ofUser id: String, job: String, in db: any SQLConnection) throws {
        try db.execute(
            """
            UPDATE face_users SET photo_state = \(OldPhoto.State.waiting), photo_failure = NULL, photo_job = \(job)
            WHERE id = \(id) AND photo_id IS NOT NULL
            """)
    }

    /// Notes what came out of a photo.
    /// - Returns: false when the photo is another by now, or the user is gone: nothing was noted.
    func endPhoto(
        ofUser id: String, revision: Int64, _ state: OldPhoto.State, strategy: String?, failure: String?,
        in db: any SQLConnection
    ) throws -> Bool {
        try db.execute(
            """
            UPDATE face_users SET photo_state = \(state), photo_strategy = \(strategy), photo_failure = \(failure)
            WHERE id = \(id) AND photo_revision = \(revision) AND photo_id IS NOT NULL
            """) > 0
    }

    /// After an enrolment the old photo counts no more until a call asks for it.
    func invalidatePhoto(ofUser id: String, in db: any SQLConnection) throws {
        try db.execute(
            """
            UPDATE face_users SET photo_state = \(OldPhoto.State.stale), photo_strategy = NULL,
              photo_revision = photo_revision + 1 WHERE id = \(id) AND photo_id IS NOT NULL
            """)
    }

    /// Users whose photos wait, in their order.
    func waitingPhotos(
        ofClient client: String?, before time: Int64, after id: String, limit: Int, in db: any SQLConnection
    ) throws -> [(userID: String, tenant: Tenant)] {
        let ofClient: SQL = if let client { " AND client_id = \(client)" } else { "" }
        return try db.rows(
            """
            SELECT id, tenant FROM face_users
            WHERE photo_state = 'waiting' AND id > \(id) AND updated_at < \(time)\(ofClient)
            ORDER BY id LIMIT \(limit)
            """
        ) { row in (userID: try row.next(), tenant: try row.next()) }
    }

    /// Users whose photos have no template, in their order.
    func photosToExtract(
        ofClient client: String, after id: String, limit: Int, in db: any SQLConnection
    ) throws -> [FaceUserRow] {
        try db.rows(
            """
            SELECT \(FaceUserRow.columns) FROM face_users u
            WHERE u.client_id = \(client) AND u.photo_state IN ('waiting', 'no_face') AND u.id > \(id)
            ORDER BY u.id LIMIT \(limit)
            """, as: FaceUserRow.self)
    }

    func countPhotosToExtract(ofClient client: String, in db: any SQLConnection) throws -> Int {
        try db.value(
            """
            SELECT COUNT(*) FROM face_users WHERE client_id = \(client) AND photo_state IN ('waiting', 'no_face')
            """, as: Int.self) ?? 0
    }

    /// Of these paths, those that a row names.
    func named(_ paths: [String], in db: any SQLConnection) throws -> Set<String> {
        Set(
            try db.values(
                """
                SELECT photo_path FROM face_users WHERE photo_path IN \(list: paths)
                UNION ALL SELECT path FROM face_album_photos WHERE path IN \(list: paths)
                """, as: String.self))
    }
}

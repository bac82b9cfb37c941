import HearthAssembly
import HearthCore
import HearthSQLite
import HearthTesting
import HearthVectorStore
import HearthVectors
import Testing

/// Everything that a tenant can make longer counts among its bytes.
@Suite(.timeLimit(.minutes(1))) struct StoredBytesTests {
    private static let tenant = Tenant(rawValue: "shop")
    private let folder: TemporaryFolder
    private let store: SQLiteStore

    init() async throws {
        folder = try TemporaryFolder(.memory)
        store = try SQLiteStore(path: folder.file("hearth.db"))
        try await Migrator(Schema.migrations).run(store, now: 0)
    }

    /// The bytes by all counters after some statements for a tenant.
    private func bytes(after statements: [SQL]) async throws -> Int64 {
        try await store.write { db in
            for statement in statements { try db.execute(statement) }
            return try Schema.usage.reduce(0) { try $0 + $1(Self.tenant, db).storedBytes }
        }
    }

    /// 500 characters of two bytes each.
    private static let text = String(repeating: "é", count: 500)

    @Test func metadataOfACollection() async throws {
        let settings = "{\"metadata\": {\"a\": \"\(Self.text)\"}}"
        try await store.write { db in
            _ = try CollectionTable().make(
                name: "c", of: Self.tenant, metric: .cosine, dims: 2, settings: settings, in: db)
        }
        #expect(try await bytes(after: []) == Int64(settings.utf8.count))
    }

    @Test func descriptionOfACharacter() async throws {
        let counted = try await bytes(after: [
            "INSERT INTO projects (id, tenant, name, name_key, created_at) VALUES ('p', 'shop', 'p', 'p', 0)",
            """
            INSERT INTO characters (id, tenant, project_id, name, name_key, description, created_at)
            VALUES ('c', 'shop', 'p', 'c', 'c', \(Self.text), 0)
            """,
        ])
        #expect(counted == 1_000)
    }

    @Test func textsOfAProductAndWeightsOfATemplate() async throws {
        let counted = try await bytes(after: [
            """
            INSERT INTO products (id, tenant, external_id, template, source_type, title, description, attributes,
              revision, created_at, updated_at)
            VALUES ('p', 'shop', 'p', 't', 's', \(Self.text), \(Self.text), '{}', 1, 0, 0)
            """,
            "INSERT INTO product_weights (tenant, template, image_weight, text_weight) VALUES ('shop', 't', 1, 1)",
        ])
        #expect(counted == 2_002 + Int64(Limits.templateSettingBytes))
    }

    @Test func usersWithFaces() async throws {
        let counted = try await bytes(after: [
            """
            INSERT INTO face_clients (id, tenant, name, requires_consent, requires_photo_match, attributes, created_at,
              updated_at)
            VALUES ('c', 'shop', 'c', 1, 1, \(Self.text), 0, 0)
            """,
            """
            INSERT INTO face_users (id, client_id, tenant, external_user_id, attributes, photo_bytes, photo_revision,
              created_at, updated_at)
            VALUES ('u', 'c', 'shop', 'u', \(Self.text), 700, 1, 0, 0),
              ('v', 'c', 'shop', 'v', '{}', NULL, 0, 0, 0)
            """,
            """
            INSERT INTO face_templates (id, user_id, source, model_id, model_digest, quality, frames, liveness,
              created_at)
            VALUES ('t', 'u', 'image', 'm', 'd', 1, 1, 'none', 0)
            """,
            """
            INSERT INTO face_pictures (client_id, sha256, reader, sealed, bytes, created_at)
            VALUES ('c', 's', 'r', x'00', 300, 0)
            """,
        ])
        #expect(counted == 1_000 + 1_000 + 700 + 2 + Int64(Limits.templateBytes) + 300)
    }

    @Test func keptScans() async throws {
        let counted = try await bytes(after: [
            """
            INSERT INTO product_scans (id, tenant, sha256, record, vector, bytes, created_at)
            VALUES ('s', 'shop', '', '{}', x'00', 700, 0), ('t', 'other', '', '{}', x'00', 900, 0)
            """
        ])
        #expect(counted == 700)
    }
}

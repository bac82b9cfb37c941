package import HearthCore

extension FaceTable {
    /// Clients, their users, templates, sessions and albums.
    package static let migrations = [
        Migration(33, "faces: clients, users, templates") { _ in users },
        Migration(34, "faces: pictures that were seen, failed verifications") { dialect in pictures(dialect) },
        Migration(35, "faces: sessions") { _ in sessions },
        Migration(36, "faces: albums and people in them") { _ in albums },
    ]

    private static let users = [
        """
        CREATE TABLE face_clients (
          id TEXT PRIMARY KEY,
          tenant TEXT NOT NULL,
          name TEXT NOT NULL,
          requires_consent BIGINT NOT NULL,
          requires_photo_match BIGINT NOT NULL,
          attributes TEXT NOT NULL,
          created_at BIGINT NOT NULL,
          updated_at BIGINT NOT NULL,
          deleting_since BIGINT,
          UNIQUE (tenant, name)
        )
        """,
        "CREATE INDEX face_clients_in_order ON face_clients (tenant, id)",
        "CREATE INDEX face_clients_deleting ON face_clients (id) WHERE deleting_since IS NOT NULL",
        """
        CREATE TABLE face_users (
          id TEXT PRIMARY KEY,
          client_id TEXT NOT NULL REFERENCES face_clients (id) ON DELETE CASCADE,
          tenant TEXT NOT NULL,
          external_user_id TEXT NOT NULL,
          attributes TEXT NOT NULL,
          consent_by TEXT,
          consent_at BIGINT,
          consent_text TEXT,
          photo_id TEXT,
          photo_path TEXT,
          photo_sha256 TEXT,
          photo_bytes BIGINT,
          photo_format TEXT,
          photo_width BIGINT,
          photo_height BIGINT,
          photo_state TEXT CHECK (photo_state IN ('waiting', 'extracted', 'no_face', 'stale')),
          photo_strategy TEXT,
          photo_failure TEXT,
          photo_job TEXT,
          photo_revision BIGINT NOT NULL,
          created_at BIGINT NOT NULL,
          updated_at BIGINT NOT NULL,
          UNIQUE (client_id, external_user_id)
        )
        """,
        "CREATE INDEX face_users_in_order ON face_users (client_id, id)",
        "CREATE INDEX face_users_of_tenant ON face_users (tenant)",
        "CREATE INDEX face_users_waiting ON face_users (id) WHERE photo_state = 'waiting'",
        "CREATE UNIQUE INDEX face_users_photo ON face_users (photo_path) WHERE photo_path IS NOT NULL",
        // The vector is a sealed item of the client's collection, by the template's identifier.
        """
        CREATE TABLE face_templates (
          id TEXT PRIMARY KEY,
          user_id TEXT NOT NULL REFERENCES face_users (id) ON DELETE CASCADE,
          source TEXT NOT NULL CHECK (source IN ('image', 'session', 'photo')),
          sha256 TEXT,
          model_id TEXT NOT NULL,
          model_digest TEXT NOT NULL,
          quality DOUBLE PRECISION NOT NULL,
          frames BIGINT NOT NULL,
          liveness TEXT NOT NULL,
          created_at BIGINT NOT NULL,
          UNIQUE (user_id, model_digest, sha256)
        )
        """,
        """
        CREATE TABLE face_negatives (
          id TEXT PRIMARY KEY,
          user_id TEXT NOT NULL REFERENCES face_users (id) ON DELETE CASCADE,
          sha256 TEXT NOT NULL,
          model_digest TEXT NOT NULL,
          created_at BIGINT NOT NULL,
          UNIQUE (user_id, model_digest, sha256)
        )
        """,
    ]

    private static func pictures(_ dialect: SQLDialect) -> [String] {
        [
            """
            CREATE TABLE face_pictures (
              client_id TEXT NOT NULL REFERENCES face_clients (id) ON DELETE CASCADE,
              sha256 TEXT NOT NULL,
              reader TEXT NOT NULL,
              user_id TEXT,
              sealed \(dialect.blob) NOT NULL,
              bytes BIGINT NOT NULL,
              created_at BIGINT NOT NULL,
              PRIMARY KEY (client_id, sha256, reader)
            )
            """,
            "CREATE INDEX face_pictures_of_user ON face_pictures (user_id) WHERE user_id IS NOT NULL",
            "CREATE INDEX face_pictures_by_age ON face_pictures (created_at)",
            // The subject says of what kind it is: `user:`, `key:` or `address:`, and which.
            """
            CREATE TABLE face_attempts (
              tenant TEXT NOT NULL,
              subject TEXT NOT NULL,
              failures BIGINT NOT NULL,
              failed_at BIGINT NOT NULL,
              PRIMARY KEY (tenant, subject)
            )
            """,
        ]
    }

    private static let sessions = [
        """
        CREATE TABLE face_sessions (
          id TEXT PRIMARY KEY,
          tenant TEXT NOT NULL,
          client_id TEXT NOT NULL REFERENCES face_clients (id) ON DELETE CASCADE,
          user_id TEXT NOT NULL REFERENCES face_users (id) ON DELETE CASCADE,
          purpose TEXT NOT NULL CHECK (purpose IN ('enrol', 'verify')),
          token_digest TEXT NOT NULL UNIQUE,
          challenge TEXT NOT NULL,
          created_at BIGINT NOT NULL,
          expires_at BIGINT NOT NULL,
          opened_at BIGINT,
          ended_at BIGINT,
          outcome TEXT
        )
        """,
        "CREATE INDEX face_sessions_of_user ON face_sessions (user_id, id)",
        "CREATE INDEX face_sessions_by_age ON face_sessions (created_at)",
        """
        CREATE TABLE face_frames (
          client_id TEXT NOT NULL REFERENCES face_clients (id) ON DELETE CASCADE,
          sha256 TEXT NOT NULL,
          seen_at BIGINT NOT NULL,
          PRIMARY KEY (client_id, sha256)
        )
        """,
        "CREATE INDEX face_frames_by_age ON face_frames (seen_at)",
    ]

    private static let albums = [
        """
        CREATE TABLE face_albums (
          id TEXT PRIMARY KEY,
          tenant TEXT NOT NULL,
          client_id TEXT NOT NULL REFERENCES face_clients (id) ON DELETE CASCADE,
          name TEXT NOT NULL,
          created_at BIGINT NOT NULL,
          deleting_since BIGINT,
          UNIQUE (client_id, name)
        )
        """,
        "CREATE INDEX face_albums_deleting ON face_albums (id) WHERE deleting_since IS NOT NULL",
        "CREATE INDEX face_albums_of_tenant ON face_albums (tenant)",
        """
        CREATE TABLE face_album_photos (
          id TEXT PRIMARY KEY,
          album_id TEXT NOT NULL REFERENCES face_albums (id) ON DELETE CASCADE,
          name TEXT,
          path TEXT NOT NULL UNIQUE,
          sha256 TEXT NOT NULL,
          bytes BIGINT NOT NULL,
          format TEXT NOT NULL,
          width BIGINT NOT NULL,
          height BIGINT NOT NULL,
          state TEXT NOT NULL CHECK (state IN ('waiting', 'read', 'failed')),
          failure TEXT,
          job_id TEXT NOT NULL,
          created_at BIGINT NOT NULL,
          UNIQUE (album_id, sha256)
        )
        """,
        """
        CREATE TABLE face_album_faces (
          id TEXT PRIMARY KEY,
          photo_id TEXT NOT NULL REFERENCES face_album_photos (id) ON DELETE CASCADE,
          region TEXT NOT NULL,
          quality DOUBLE PRECISION NOT NULL,
          model_digest TEXT NOT NULL,
          cluster_id TEXT
        )
        """,
        "CREATE INDEX face_album_faces_of_photo ON face_album_faces (photo_id)",
        "CREATE INDEX face_album_faces_of_cluster ON face_album_faces (cluster_id) WHERE cluster_id IS NOT NULL",
        """
        CREATE TABLE face_merges (
          id TEXT PRIMARY KEY,
          album_id TEXT NOT NULL REFERENCES face_albums (id) ON DELETE CASCADE,
          kept TEXT NOT NULL,
          created_at BIGINT NOT NULL,
          undone_at BIGINT
        )
        """,
        """
        CREATE TABLE face_merge_items (
          merge_id TEXT NOT NULL REFERENCES face_merges (id) ON DELETE CASCADE,
          face_id TEXT NOT NULL REFERENCES face_album_faces (id) ON DELETE CASCADE,
          cluster_id TEXT NOT NULL,
          PRIMARY KEY (merge_id, face_id)
        )
        """,
    ]
}

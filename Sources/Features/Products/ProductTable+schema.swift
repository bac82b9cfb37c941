package import HearthCore

extension ProductTable {
    /// Products with their pictures, what they are embedded by, scans and imports.
    package static let migrations = [
        Migration(6, "products") { dialect in products + scans(dialect) + imports },
        Migration(9, "attributes of products' vectors") { dialect in filteredAttributes(dialect) },
    ]

    /// Vectors of before carry template and source type only: they get all that their product is filtered by, under a
    /// new version of their collection, so that no index keeps what was.
    private static func filteredAttributes(_ dialect: SQLDialect) -> [String] {
        let words = "'source_type', p.source_type, 'template', p.template"
        let attributes =
            switch dialect {
            case .sqlite: "json_patch(p.attributes, json_object(\(words)))"
            case .postgres: "(p.attributes::jsonb || jsonb_build_object(\(words)))::text"
            }
        let collections = """
            SELECT id FROM collections WHERE scope IN ('products/image', 'products/text') AND name IS NULL
            """
        return [
            "UPDATE collections SET version = version + 1 WHERE id IN (\(collections))",
            """
            UPDATE embeddings SET
              attributes = (SELECT \(attributes) FROM products p WHERE p.id = embeddings.owner_id),
              version = (SELECT c.version FROM collections c WHERE c.id = embeddings.collection_id)
            WHERE collection_id IN (\(collections))
              AND owner_id IN (SELECT id FROM products WHERE attributes <> '{}')
            """,
        ]
    }

    private static let products = [
        """
        CREATE TABLE products (
          id TEXT PRIMARY KEY,
          tenant TEXT NOT NULL,
          external_id TEXT NOT NULL,
          template TEXT NOT NULL,
          source_type TEXT NOT NULL,
          title TEXT NOT NULL,
          description TEXT NOT NULL,
          attributes TEXT NOT NULL,
          revision BIGINT NOT NULL,
          embedding_digest TEXT,
          embedding_failure TEXT,
          created_at BIGINT NOT NULL,
          updated_at BIGINT NOT NULL,
          UNIQUE (tenant, external_id)
        )
        """,
        "CREATE INDEX products_in_order ON products (tenant, id)",
        "CREATE INDEX products_of_template ON products (tenant, template, source_type, id)",
        "CREATE INDEX products_to_embed ON products (tenant, id) WHERE embedding_digest IS NULL",
        """
        CREATE TABLE product_images (
          id TEXT PRIMARY KEY,
          product_id TEXT NOT NULL REFERENCES products (id) ON DELETE CASCADE,
          path TEXT NOT NULL UNIQUE,
          sha256 TEXT NOT NULL,
          bytes BIGINT NOT NULL,
          format TEXT NOT NULL,
          width BIGINT NOT NULL,
          height BIGINT NOT NULL,
          created_at BIGINT NOT NULL,
          UNIQUE (product_id, sha256)
        )
        """,
        // One row a tenant: which models its searches use, and which its products are being embedded by.
        """
        CREATE TABLE product_models (
          tenant TEXT PRIMARY KEY,
          served TEXT,
          target TEXT,
          is_cleared BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE product_weights (
          tenant TEXT NOT NULL,
          template TEXT NOT NULL,
          image_weight DOUBLE PRECISION NOT NULL,
          text_weight DOUBLE PRECISION NOT NULL,
          PRIMARY KEY (tenant, template)
        )
        """,
    ]

    private static func scans(_ dialect: SQLDialect) -> [String] {
        [
            """
            CREATE TABLE product_scans (
              id TEXT PRIMARY KEY,
              tenant TEXT NOT NULL,
              sha256 TEXT NOT NULL,
              record TEXT NOT NULL,
              vector \(dialect.blob) NOT NULL,
              created_at BIGINT NOT NULL
            )
            """,
            "CREATE INDEX product_scans_of_tenant ON product_scans (tenant, id)",
            "CREATE INDEX product_scans_by_age ON product_scans (created_at)",
        ]
    }

    private static let imports = [
        """
        CREATE TABLE product_imports (
          id TEXT PRIMARY KEY,
          tenant TEXT NOT NULL,
          format TEXT,
          template TEXT,
          source_type TEXT,
          state TEXT NOT NULL,
          bytes BIGINT NOT NULL,
          position BIGINT NOT NULL,
          line BIGINT NOT NULL,
          accepted BIGINT NOT NULL,
          refused BIGINT NOT NULL,
          failure TEXT,
          job_id TEXT,
          created_at BIGINT NOT NULL,
          updated_at BIGINT NOT NULL
        )
        """,
        "CREATE INDEX product_imports_of_tenant ON product_imports (tenant, id)",
        """
        CREATE TABLE product_import_pieces (
          import_id TEXT NOT NULL REFERENCES product_imports (id) ON DELETE CASCADE,
          start BIGINT NOT NULL,
          bytes BIGINT NOT NULL,
          path TEXT NOT NULL UNIQUE,
          PRIMARY KEY (import_id, start)
        )
        """,
        """
        CREATE TABLE product_import_errors (
          import_id TEXT NOT NULL REFERENCES product_imports (id) ON DELETE CASCADE,
          line BIGINT NOT NULL,
          external_id TEXT,
          code TEXT NOT NULL,
          message TEXT NOT NULL,
          PRIMARY KEY (import_id, line)
        )
        """,
    ]
}

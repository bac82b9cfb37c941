package import HearthCore
import HearthJSON
import HearthVectorStore

import struct Foundation.Data

/// The SQL of products and their pictures.
package struct ProductTable: Sendable {
    package init() {}

    /// What a tenant has of products, their texts and pictures, weights of templates, kept scans, and what it has sent
    /// for imports.
    package static func usage(of tenant: Tenant, in db: any SQLConnection) throws -> TenantUsage {
        let texts = ["title", "description", "attributes"].map(db.dialect.bytes).joined(separator: " + ")
        let products = try db.row(
            """
            SELECT COUNT(*), CAST(COALESCE(SUM(\(verbatim: texts)), 0) AS BIGINT) FROM products
            WHERE tenant = \(tenant)
            """
        ) { row in (count: try row.next(Int64.self), bytes: try row.next(Int64.self)) }
        let weights = try db.value(
            "SELECT COUNT(*) FROM product_weights WHERE tenant = \(tenant)", as: Int64.self)
        let scans = try db.value(
            "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM product_scans WHERE tenant = \(tenant)", as: Int64.self
        )
        let pictures = try db.value(
            """
            SELECT COALESCE(SUM(i.bytes), 0) FROM products p JOIN product_images i ON i.product_id = p.id
            WHERE p.tenant = \(tenant)
            """, as: Int64.self)
        let pieces = try db.value(
            """
            SELECT COALESCE(SUM(s.bytes), 0) FROM product_imports i JOIN product_import_pieces s ON s.import_id = i.id
            WHERE i.tenant = \(tenant)
            """, as: Int64.self)
        let bytes = (products?.bytes ?? 0) + (weights ?? 0) * Int64(Limits.templateSettingBytes) + (scans ?? 0)
        return TenantUsage(storedBytes: (pictures ?? 0) + (pieces ?? 0) + bytes, records: products?.count ?? 0)
    }

    /// What a list is narrowed to.
    struct Filter: Sendable {
        var template: String?
        var sourceType: String?

        /// Conditions, each with an AND before it.
        var conditions: SQL {
            let ofTemplate: SQL = if let template { " AND template = \(template)" } else { "" }
            let ofSourceType: SQL = if let sourceType { " AND source_type = \(sourceType)" } else { "" }
            return ofTemplate + ofSourceType
        }
    }

    // MARK: Reading

    /// The id of the product with this external id, or with this id.
    /// - Throws: ``HearthError`` `not_found`, also for what is another tenant's.
    func requireID(_ reference: String, of tenant: Tenant, in db: any SQLConnection) throws -> String {
        if let id = try productID(externalID: reference, of: tenant, in: db) { return id }
        guard try isID(reference, of: tenant, in: db) else { throw Self.missing("product") }
        return reference
    }

    /// Whether a text is the id of one of a tenant's products.
    func isID(_ text: String, of tenant: Tenant, in db: any SQLConnection) throws -> Bool {
        try Identifier.isValid(text)
            && db.exists("SELECT id FROM products WHERE id = \(text) AND tenant = \(tenant)")
    }

    func productID(externalID: String, of tenant: Tenant, in db: any SQLConnection) throws -> String? {
        try db.value(
            "SELECT id FROM products WHERE tenant = \(tenant) AND external_id = \(externalID)", as: String.self)
    }

    /// - Throws: ``HearthError`` `not_found`.
    func product(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> Product {
        guard let product = try products([id], of: tenant, in: db).first else { throw Self.missing("product") }
        return product
    }

    /// Those of these products that there are, without an order.
    func products(_ ids: [String], of tenant: Tenant, in db: any SQLConnection) throws -> [Product] {
        guard !ids.isEmpty else { return [] }
        let products = try db.rows(
            "SELECT \(Product.columns) FROM products WHERE tenant = \(tenant) AND id IN \(list: ids)", as: Product.self)
        return try withImages(products, in: db)
    }

    /// Identifiers of a tenant's products, in their order, that come after one.
    func products(of tenant: Tenant, after id: String, limit: Int, in db: any SQLConnection) throws -> [String] {
        try db.values(
            "SELECT id FROM products WHERE tenant = \(tenant) AND id > \(id) ORDER BY id LIMIT \(limit)",
            as: String.self)
    }

    /// A tenant's products that fit, newest first.
    ///
    /// A page looks at `Limits.filteredRows` at most, so it may have fewer products than the limit and a cursor.
    func list(
        _ filter: Filter, _ page: PageRequest, of tenant: Tenant, in db: any SQLConnection,
        where isIncluded: (Product) -> Bool
    ) throws -> Page<Product> {
        var (found, last, looked): ([Product], String, Int) = ([], page.before, 0)
        while found.count <= page.limit {
            guard looked < Limits.filteredRows else {
                return Page(items: try withImages(found, in: db), nextCursor: last)
            }
            let products = try db.rows(
                """
                SELECT \(Product.columns) FROM products WHERE tenant = \(tenant) AND id < \(last)\(filter.conditions)
                ORDER BY id DESC LIMIT \(page.limit + 1)
                """, as: Product.self)
            found += products.filter(isIncluded)
            looked += products.count
            guard products.count == page.limit + 1, let next = products.last?.productID else { break }
            last = next
        }
        let rows = try withImages(Array(found.prefix(page.limit + 1)), in: db)
        return Page(rows: rows, limit: page.limit, cursor: \.productID)
    }

    private func withImages(_ products: [Product], in db: any SQLConnection) throws -> [Product] {
        let images = try images(ofProducts: products.map(\.productID), in: db)
        return products.map { product in
            var product = product
            product.images = images[product.productID] ?? []
            return product
        }
    }

    /// The pictures of products, in the order in which they came.
    func images(
        ofProducts ids: [String], in db: any SQLConnection
    ) throws -> [String: [ProductImage]] {
        var images: [String: [ProductImage]] = [:]
        for start in stride(from: 0, to: ids.count, by: Limits.pageSize) {
            let page = ids[start..<min(start + Limits.pageSize, ids.count)]
            let rows = try db.rows(
                """
                SELECT i.product_id, \(ProductImage.columns) FROM product_images i
                WHERE i.product_id IN \(list: page) ORDER BY i.id
                """
            ) { row in (product: try row.next(String.self), image: try ProductImage(row: &row)) }
            for row in rows { images[row.product, default: []].append(row.image) }
        }
        return images
    }

    // MARK: Writing

    func insert(
        _ draft: ProductDraft, id: String, tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws {
        try db.execute(
            """
            INSERT INTO products (id, tenant, external_id, template, source_type, title, description, attributes,
              revision, created_at, updated_at)
            VALUES (\(id), \(tenant), \(draft.externalID), \(draft.template ?? ProductDraft.defaultWord),
              \(draft.sourceType ?? ProductDraft.defaultWord), \(draft.title ?? ""), \(draft.description ?? ""),
              \((draft.attributes ?? .none).text), 1, \(now), \(now))
            """)
        try db.execute(
            "INSERT INTO product_models (tenant, is_cleared) VALUES (\(tenant), 1) ON CONFLICT (tenant) DO NOTHING")
    }

    /// What an update has made different.
    struct Difference: Sendable {
        /// Whether what is embedded is another now.
        var isOfContent = false
        /// Whether what products are filtered by is another now.
        var isOfAttributes = false
    }

    /// By how many bytes a draft makes the texts of a product longer.
    func addedTextBytes(of draft: ProductDraft, to id: String, in db: any SQLConnection) throws -> Int {
        let known = try db.row("SELECT \(Product.columns) FROM products WHERE id = \(id)", as: Product.self)
        guard let known else { return draft.textBytes }
        let title = draft.title.map { $0.utf8.count - known.title.utf8.count } ?? 0
        let description = draft.description.map { $0.utf8.count - known.description.utf8.count } ?? 0
        let attributes = draft.attributes.map { $0.text.utf8.count - known.attributes.encodedText().utf8.count } ?? 0
        return max(title + description + attributes, 0)
    }

    /// Replaces what a draft says.
    func update(
        _ draft: ProductDraft, id: String, in db: any SQLConnection, now: Int64
    ) throws -> Difference {
        let known = try db.row("SELECT \(Product.columns) FROM products WHERE id = \(id)", as: Product.self)
        guard let known else { return Difference() }
        try db.execute(
            """
            UPDATE products SET template = \(draft.template ?? known.template),
              source_type = \(draft.sourceType ?? known.sourceType), title = \(draft.title ?? known.title),
              description = \(draft.description ?? known.description),
              attributes = COALESCE(\(draft.attributes?.text), attributes), updated_at = \(now)
            WHERE id = \(id)
            """)
        return Self.difference(of: draft, from: known)
    }

    /// What an update would make different.
    func difference(of draft: ProductDraft, id: String, in db: any SQLConnection) throws -> Difference {
        let known = try db.row("SELECT \(Product.columns) FROM products WHERE id = \(id)", as: Product.self)
        return known.map { Self.difference(of: draft, from: $0) } ?? Difference()
    }

    private static func difference(of draft: ProductDraft, from known: Product) -> Difference {
        Difference(
            isOfContent: (draft.title ?? known.title) != known.title
                || (draft.description ?? known.description) != known.description,
            isOfAttributes: (draft.template ?? known.template) != known.template
                || (draft.sourceType ?? known.sourceType) != known.sourceType
                || (draft.attributes?.value ?? known.attributes) != known.attributes)
    }

    /// What a product looks like or says has changed: its vectors are to be made again.
    func invalidate(_ id: String, in db: any SQLConnection, now: Int64) throws {
        try db.execute(
            """
            UPDATE products SET revision = revision + 1, embedding_digest = NULL, embedding_failure = NULL,
              updated_at = \(now) WHERE id = \(id)
            """)
    }

    func insertImage(_ image: ProductImage, product: String, in db: any SQLConnection) throws {
        try db.execute(
            """
            INSERT INTO product_images (id, product_id, path, sha256, bytes, format, width, height, created_at)
            VALUES (\(image.imageID), \(product), \(image.path), \(image.sha256), \(image.bytes), \(image.format),
              \(image.width), \(image.height), \(image.createdAt))
            """)
    }

    func deleteImage(_ id: String, in db: any SQLConnection) throws {
        try db.execute("DELETE FROM product_images WHERE id = \(id)")
    }

    /// Deletes a product; its pictures' rows go with it.
    func delete(_ id: String, in db: any SQLConnection) throws {
        try db.execute("DELETE FROM products WHERE id = \(id)")
    }

    /// Of these paths, those that a row names: pictures, and pieces of imports.
    func named(_ paths: [String], in db: any SQLConnection) throws -> Set<String> {
        Set(
            try db.values(
                """
                SELECT path FROM product_images WHERE path IN \(list: paths)
                UNION ALL SELECT path FROM product_import_pieces WHERE path IN \(list: paths)
                """, as: String.self))
    }

    /// A picture of one of a tenant's products; nil when there is none.
    func image(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> ProductImage? {
        try db.row(
            """
            SELECT \(ProductImage.columns) FROM product_images i JOIN products p ON p.id = i.product_id
            WHERE i.id = \(id) AND p.tenant = \(tenant)
            """, as: ProductImage.self)
    }

    static func missing(_ what: String) -> HearthError { HearthError(.notFound, "There is no such \(what).") }
}

// MARK: Rows

/// Without its pictures, which are rows of their own.
extension Product: SQLDecodable {
    static let columns: SQL = """
        id, external_id, template, source_type, title, description, attributes, embedding_digest, embedding_failure,
          created_at, updated_at
        """

    init(row: inout SQLRow) throws {
        productID = try row.next()
        externalID = try row.next()
        template = try row.next()
        sourceType = try row.next()
        title = try row.next()
        description = try row.next()
        attributes = try JSONParser.read(Data(row.next(String.self).utf8))
        images = []
        isEmbedded = try row.next(String?.self) != nil
        embeddingFailure = try row.next()
        createdAt = try row.next()
        updatedAt = try row.next()
    }
}

extension ProductImage: SQLDecodable {
    /// Of a table `product_images i`.
    static let columns: SQL = "i.id, i.path, i.sha256, i.bytes, i.format, i.width, i.height, i.created_at"

    init(row: inout SQLRow) throws {
        imageID = try row.next()
        path = try row.next()
        url = StoredFile.url(of: imageID)
        sha256 = try row.next()
        bytes = try row.next()
        format = try row.next()
        width = try row.next()
        height = try row.next()
        createdAt = try row.next()
    }
}

extension ProductTable {
    /// Products with their pictures, what they are embedded by, scans and imports.
    package static let migrations = [
        Migration(6, "products") { dialect in products + scans(dialect) + imports },
        Migration(9, "attributes of products' vectors") { dialect in filteredAttributes(dialect) },
        Migration(14, "ends of imports, logs of scans") { _ in [endAbandonedImports, filesThatAreOver, scanLogs] },
        Migration(16, "bytes of scans") { dialect in
            [
                "ALTER TABLE product_scans ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0",
                "UPDATE product_scans SET bytes = \(dialect.bytes(of: "record")) + LENGTH(vector)",
                "CREATE INDEX product_scans_bytes ON product_scans (tenant, bytes)",
            ]
        },
        Migration(20, "products that searches do not see yet") { _ in
            ["ALTER TABLE product_models ADD COLUMN is_behind BIGINT NOT NULL DEFAULT 0"]
        },
    ]

    /// Of earlier versions, where an import could outlive its job.
    private static let endAbandonedImports = """
        UPDATE product_imports SET state = 'failed', failure = 'Its job had ended before it was read to its end.'
        WHERE state = 'running' AND NOT EXISTS
          (SELECT 1 FROM jobs WHERE jobs.id = product_imports.job_id AND jobs.state IN ('pending', 'in_progress'))
        """

    /// Imports whose files are needed no more, and are removed step by step.
    private static let filesThatAreOver =
        "ALTER TABLE product_imports ADD COLUMN is_over BIGINT NOT NULL DEFAULT 0"

    /// One row for each life of a server that has kept scans: how many of the records of its log have their rows.
    private static let scanLogs = """
        CREATE TABLE product_scan_logs (
          run TEXT PRIMARY KEY,
          stored BIGINT NOT NULL
        )
        """

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

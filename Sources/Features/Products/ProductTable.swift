package import HearthCore
import HearthJSON

import struct Foundation.Data

/// The SQL of products and their pictures.
package struct ProductTable: Sendable {
    package init() {}

    /// What a tenant has of products, their pictures, and what it has sent for imports.
    package static func usage(of tenant: Tenant, in db: any SQLConnection) throws -> TenantUsage {
        let count = try db.value("SELECT COUNT(*) FROM products WHERE tenant = \(tenant)", as: Int64.self)
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
        return TenantUsage(storedBytes: (pictures ?? 0) + (pieces ?? 0), records: count ?? 0)
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
        guard Identifier.isValid(reference),
            try db.exists("SELECT id FROM products WHERE id = \(reference) AND tenant = \(tenant)")
        else { throw Self.missing("product") }
        return reference
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

    /// A tenant's products that fit, newest first.
    ///
    /// A page looks at `Limits.filteredRows` at most, so it may have fewer products than the limit and a cursor.
    func list(
        _ filter: Filter, _ page: ProductPage, of tenant: Tenant, in db: any SQLConnection,
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

    /// Replaces what a draft says.
    func update(
        _ draft: ProductDraft, id: String, in db: any SQLConnection, now: Int64
    ) throws -> Difference {
        let known = try db.row("SELECT \(Product.columns) FROM products WHERE id = \(id)", as: Product.self)
        guard let known else { return Difference() }
        let difference = Difference(
            isOfContent: (draft.title ?? known.title) != known.title
                || (draft.description ?? known.description) != known.description,
            isOfAttributes: (draft.template ?? known.template) != known.template
                || (draft.sourceType ?? known.sourceType) != known.sourceType
                || (draft.attributes?.value ?? known.attributes) != known.attributes)
        try db.execute(
            """
            UPDATE products SET template = \(draft.template ?? known.template),
              source_type = \(draft.sourceType ?? known.sourceType), title = \(draft.title ?? known.title),
              description = \(draft.description ?? known.description),
              attributes = COALESCE(\(draft.attributes?.text), attributes), updated_at = \(now)
            WHERE id = \(id)
            """)
        return difference
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

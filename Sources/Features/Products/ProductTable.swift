import HearthCore
import HearthJSON

import struct Foundation.Data

/// The SQL of products and their pictures.
package struct ProductTable: Sendable {
    package init() {}

    /// What a list is narrowed to.
    struct Filter: Sendable {
        var template: String?
        var sourceType: String?

        /// Conditions on a table and their arguments, each with an AND before it.
        func sql(_ prefix: String = "") -> (text: String, arguments: [SQLValue]) {
            var (text, arguments): (String, [SQLValue]) = ("", [])
            if let template {
                text += " AND \(prefix)template = ?"
                arguments.append(.text(template))
            }
            if let sourceType {
                text += " AND \(prefix)source_type = ?"
                arguments.append(.text(sourceType))
            }
            return (text, arguments)
        }
    }

    // MARK: Reading

    /// The id of the product with this external id, or with this id.
    /// - Throws: ``HearthError`` `not_found`, also for what is another tenant's.
    func requireID(_ reference: String, of tenant: Tenant, in db: any SQLConnection) throws -> String {
        if let id = try productID(externalID: reference, of: tenant, in: db) { return id }
        guard Identifier.isValid(reference),
            let row = try db.first(
                "SELECT id FROM products WHERE id = ? AND tenant = ?", [.text(reference), .text(tenant.rawValue)])
        else { throw Self.missing("product") }
        return try row.text("id")
    }

    func productID(externalID: String, of tenant: Tenant, in db: any SQLConnection) throws -> String? {
        try db.first(
            "SELECT id FROM products WHERE tenant = ? AND external_id = ?",
            [.text(tenant.rawValue), .text(externalID)]
        )?.text("id")
    }

    /// - Throws: ``HearthError`` `not_found`.
    func product(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> Product {
        guard let product = try products([id], of: tenant, in: db).first else { throw Self.missing("product") }
        return product
    }

    /// Those of these products that there are, without an order.
    func products(_ ids: [String], of tenant: Tenant, in db: any SQLConnection) throws -> [Product] {
        guard !ids.isEmpty else { return [] }
        let rows = try db.query(
            "SELECT * FROM products WHERE tenant = ? AND id IN (\(db.placeholders(ids.count)))",
            [.text(tenant.rawValue)] + ids.map(SQLValue.text))
        return try withImages(rows, in: db)
    }

    /// A tenant's products, newest first.
    func list(
        _ filter: Filter, before: String, limit: Int, of tenant: Tenant, in db: any SQLConnection
    ) throws -> Page<Product> {
        let (conditions, arguments) = filter.sql()
        let rows = try db.query(
            "SELECT * FROM products WHERE tenant = ? AND id < ?\(conditions) ORDER BY id DESC LIMIT ?",
            [.text(tenant.rawValue), .text(before)] + arguments + [.int(limit + 1)])
        return try Page(rows: withImages(rows, in: db), limit: limit, cursor: \.productID)
    }

    private func withImages(_ rows: [SQLRow], in db: any SQLConnection) throws -> [Product] {
        let images = try images(ofProducts: rows.map { try $0.text("id") }, in: db)
        return try rows.map { try Self.product($0, images: images[$0.text("id")] ?? []) }
    }

    /// The pictures of products, in the order in which they came.
    func images(
        ofProducts ids: [String], in db: any SQLConnection
    ) throws -> [String: [ProductImage]] {
        var images: [String: [ProductImage]] = [:]
        for start in stride(from: 0, to: ids.count, by: Limits.pageSize) {
            let page = ids[start..<min(start + Limits.pageSize, ids.count)]
            let rows = try db.query(
                "SELECT * FROM product_images WHERE product_id IN (\(db.placeholders(page.count))) ORDER BY id",
                page.map(SQLValue.text))
            for row in rows { images[try row.text("product_id"), default: []].append(try Self.image(row)) }
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
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)
            """,
            [
                .text(id), .text(tenant.rawValue), .text(draft.externalID),
                .text(draft.template ?? ProductDraft.defaultWord),
                .text(draft.sourceType ?? ProductDraft.defaultWord), .text(draft.title ?? ""),
                .text(draft.description ?? ""), .text((draft.attributes ?? .none).text), .integer(now), .integer(now),
            ])
        try db.execute(
            "INSERT INTO product_models (tenant, is_cleared) VALUES (?, 1) ON CONFLICT (tenant) DO NOTHING",
            [.text(tenant.rawValue)])
    }

    /// Replaces what a draft says.
    /// - Returns: whether what is embedded or searched by is another now.
    func update(
        _ draft: ProductDraft, id: String, in db: any SQLConnection, now: Int64
    ) throws -> Bool {
        guard let row = try db.first("SELECT * FROM products WHERE id = ?", [.text(id)]) else { return false }
        func differs(_ value: String?, _ column: String) throws -> Bool {
            try value.map { try $0 != row.text(column) } ?? false
        }
        let isOther =
            try differs(draft.template, "template") || differs(draft.sourceType, "source_type")
            || differs(draft.title, "title") || differs(draft.description, "description")
        try db.execute(
            """
            UPDATE products SET template = ?, source_type = ?, title = ?, description = ?, attributes = ?,
              updated_at = ? WHERE id = ?
            """,
            [
                .text(try draft.template ?? row.text("template")),
                .text(try draft.sourceType ?? row.text("source_type")), .text(try draft.title ?? row.text("title")),
                .text(try draft.description ?? row.text("description")),
                .text(try draft.attributes?.text ?? row.text("attributes")), .integer(now), .text(id),
            ])
        return isOther
    }

    /// What a product looks like or says has changed: its vectors are to be made again.
    func invalidate(_ id: String, in db: any SQLConnection, now: Int64) throws {
        try db.execute(
            """
            UPDATE products SET revision = revision + 1, embedding_digest = NULL, embedding_failure = NULL,
              updated_at = ? WHERE id = ?
            """, [.integer(now), .text(id)])
    }

    func insertImage(_ image: ProductImage, product: String, in db: any SQLConnection) throws {
        try db.execute(
            """
            INSERT INTO product_images (id, product_id, path, sha256, bytes, format, width, height, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(image.imageID), .text(product), .text(image.path), .text(image.sha256), .int(image.bytes),
                .text(image.format), .int(image.width), .int(image.height), .integer(image.createdAt),
            ])
    }

    func deleteImage(_ id: String, in db: any SQLConnection) throws {
        try db.execute("DELETE FROM product_images WHERE id = ?", [.text(id)])
    }

    /// Deletes a product; its pictures' rows go with it.
    func delete(_ id: String, in db: any SQLConnection) throws {
        try db.execute("DELETE FROM products WHERE id = ?", [.text(id)])
    }

    /// Of these paths, those that a row names: pictures, and pieces of imports.
    func known(_ paths: [String], in db: any SQLConnection) throws -> Set<String> {
        guard !paths.isEmpty else { return [] }
        let list = db.placeholders(paths.count)
        let arguments = paths.map(SQLValue.text)
        let rows = try db.query(
            """
            SELECT path FROM product_images WHERE path IN (\(list))
            UNION ALL SELECT path FROM product_import_pieces WHERE path IN (\(list))
            """, arguments + arguments)
        return Set(try rows.map { try $0.text("path") })
    }

    // MARK: Rows

    private static func product(_ row: SQLRow, images: [ProductImage]) throws -> Product {
        Product(
            productID: try row.text("id"), externalID: try row.text("external_id"),
            template: try row.text("template"), sourceType: try row.text("source_type"), title: try row.text("title"),
            description: try row.text("description"),
            attributes: try JSONParser.read(Data(row.text("attributes").utf8)), images: images,
            isEmbedded: row.optionalText("embedding_digest") != nil,
            embeddingFailure: row.optionalText("embedding_failure"), createdAt: try row.integer("created_at"),
            updatedAt: try row.integer("updated_at"))
    }

    private static func image(_ row: SQLRow) throws -> ProductImage {
        ProductImage(
            imageID: try row.text("id"), path: try row.text("path"), sha256: try row.text("sha256"),
            bytes: Int(try row.integer("bytes")), format: try row.text("format"),
            width: Int(try row.integer("width")), height: Int(try row.integer("height")),
            createdAt: try row.integer("created_at"))
    }

    static func missing(_ what: String) -> HearthError { HearthError(.notFound, "There is no such \(what).") }
}

import HearthCore
import HearthJSON

import struct Foundation.Data

extension ProductTable {
    // MARK: What is to be embedded

    /// A product as it is looked at.
    struct Subject: Sendable {
        let productID: String
        /// Rises with each change; a result of an older one is dropped.
        let revision: Int64
        let template: String
        let sourceType: String
        /// Title and description; nil when it has neither.
        let text: String?
        let images: [ProductImage]
    }

    /// One product as it is now; nil when it is gone.
    func subject(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> Subject? {
        try subjects(
            db.query("SELECT * FROM products WHERE id = ? AND tenant = ?", [.text(id), .text(tenant.rawValue)]), in: db
        ).first
    }

    /// Products without a current embedding, the oldest first; the partial index finds them.
    func subjectsToEmbed(
        of tenant: Tenant, template: String?, after: String, limit: Int, in db: any SQLConnection
    ) throws -> [Subject] {
        let (conditions, arguments) = Filter(template: template).sql()
        return try subjects(
            db.query(
                """
                SELECT * FROM products WHERE tenant = ? AND embedding_digest IS NULL AND id > ?\(conditions)
                ORDER BY id LIMIT ?
                """, [.text(tenant.rawValue), .text(after)] + arguments + [.int(limit)]), in: db)
    }

    /// How many have no current embedding.
    func countToEmbed(of tenant: Tenant, template: String?, in db: any SQLConnection) throws -> Int {
        let (conditions, arguments) = Filter(template: template).sql()
        let row = try db.first(
            "SELECT COUNT(*) AS count FROM products WHERE tenant = ? AND embedding_digest IS NULL\(conditions)",
            [.text(tenant.rawValue)] + arguments)
        return Int(try row?.integer("count") ?? 0)
    }

    /// How many have an embedding that is not by these models.
    func countStale(_ key: String, of tenant: Tenant, template: String?, in db: any SQLConnection) throws -> Int {
        let (conditions, arguments) = Filter(template: template).sql()
        let row = try db.first(
            """
            SELECT COUNT(*) AS count FROM products
            WHERE tenant = ? AND embedding_digest IS NOT NULL AND embedding_digest <> ?\(conditions)
            """, [.text(tenant.rawValue), .text(key)] + arguments)
        return Int(try row?.integer("count") ?? 0)
    }

    /// Whether a product has waited for its embedding for so long that its own job cannot be on its way.
    func hasWaiting(since time: Int64, of tenant: Tenant, in db: any SQLConnection) throws -> Bool {
        try db.first(
            "SELECT id FROM products WHERE tenant = ? AND embedding_digest IS NULL AND updated_at <= ? LIMIT 1",
            [.text(tenant.rawValue), .integer(time)]) != nil
    }

    /// Records that the vectors of a revision exist.
    /// - Returns: false when the product has changed or gone meanwhile.
    func markEmbedded(
        _ subject: Subject, key: String, failure: String?, in db: any SQLConnection
    ) throws -> Bool {
        try db.execute(
            "UPDATE products SET embedding_digest = ?, embedding_failure = ? WHERE id = ? AND revision = ?",
            [.text(key), .optional(failure), .text(subject.productID), .integer(subject.revision)]) > 0
    }

    func exists(_ id: String, in db: any SQLConnection) throws -> Bool {
        try db.first("SELECT id FROM products WHERE id = ?", [.text(id)]) != nil
    }

    private func subjects(_ rows: [SQLRow], in db: any SQLConnection) throws -> [Subject] {
        let images = try images(ofProducts: rows.map { try $0.text("id") }, in: db)
        return try rows.map { row in
            let parts = [try row.text("title"), try row.text("description")].filter { part in
                part.unicodeScalars.contains { !$0.properties.isWhitespace }
            }
            let id = try row.text("id")
            return Subject(
                productID: id, revision: try row.integer("revision"), template: try row.text("template"),
                sourceType: try row.text("source_type"), text: parts.isEmpty ? nil : parts.joined(separator: "\n"),
                images: images[id] ?? [])
        }
    }

    // MARK: Models

    /// Which models a tenant's searches use, and which its products are being embedded by.
    struct Models: Sendable {
        /// Nil until the first set is complete.
        let served: ProductModels?
        let target: ProductModels?
        /// Whether every product that is not by the target counts as one to embed.
        let isCleared: Bool
    }

    func tenants(in db: any SQLConnection) throws -> [Tenant] {
        try db.query("SELECT tenant FROM product_models ORDER BY tenant").map {
            Tenant(rawValue: try $0.text("tenant"))
        }
    }

    func models(of tenant: Tenant, in db: any SQLConnection) throws -> Models? {
        try db.first("SELECT * FROM product_models WHERE tenant = ?", [.text(tenant.rawValue)]).map { row in
            Models(
                served: try Self.models(row.optionalText("served")),
                target: try Self.models(row.optionalText("target")), isCleared: try row.integer("is_cleared") == 1)
        }
    }

    private static func models(_ text: String?) throws -> ProductModels? {
        guard let text else { return nil }
        return try JSONValueDecoder.read(ProductModels.self, from: JSONParser.read(Data(text.utf8)))
    }

    /// The models that products are to be embedded by from now on.
    func setTarget(_ models: ProductModels, of tenant: Tenant, in db: any SQLConnection) throws {
        let text = try JSONValueEncoder.encode(models).encodedText()
        // Where nothing is served yet there is nothing to go on serving.
        try db.execute(
            """
            UPDATE product_models SET target = ?, served = COALESCE(served, ?), is_cleared = 0 WHERE tenant = ?
            """, [.text(text), .text(text), .text(tenant.rawValue)])
    }

    /// Makes some of the products that are not by the target ones to embed; nothing of theirs is removed.
    /// - Returns: how many.
    func clearStale(_ key: String, of tenant: Tenant, limit: Int, in db: any SQLConnection) throws -> Int {
        try db.execute(
            """
            UPDATE products SET embedding_digest = NULL WHERE id IN
              (SELECT id FROM products WHERE tenant = ? AND embedding_digest IS NOT NULL AND embedding_digest <> ?
               LIMIT ?)
            """, [.text(tenant.rawValue), .text(key), .int(limit)])
    }

    func markCleared(of tenant: Tenant, in db: any SQLConnection) throws {
        try db.execute("UPDATE product_models SET is_cleared = 1 WHERE tenant = ?", [.text(tenant.rawValue)])
    }

    /// Lets searches use the target, in one step, once every product is embedded by it.
    /// - Returns: whether they use another model now than before.
    func switchModels(of tenant: Tenant, in db: any SQLConnection) throws -> Bool {
        guard try !hasWaiting(since: .max, of: tenant, in: db) else { return false }
        return try db.execute(
            """
            UPDATE product_models SET served = target
            WHERE tenant = ? AND is_cleared = 1 AND target IS NOT NULL AND served IS DISTINCT FROM target
            """, [.text(tenant.rawValue)]) > 0
    }

    // MARK: Weights

    /// What the parts of a product count in combined searches of a template; of all when it has none of its own.
    func weights(of template: String?, tenant: Tenant, in db: any SQLConnection) throws -> PartWeights {
        for name in [template, ""] {
            guard let name else { continue }
            let row = try db.first(
                "SELECT image_weight, text_weight FROM product_weights WHERE tenant = ? AND template = ?",
                [.text(tenant.rawValue), .text(name)])
            if let row {
                return PartWeights(
                    image: row.optionalReal("image_weight") ?? 0, text: row.optionalReal("text_weight") ?? 0)
            }
        }
        return .standard
    }

    func setWeights(
        _ weights: PartWeights, of template: String?, tenant: Tenant, in db: any SQLConnection
    ) throws {
        try db.execute(
            """
            INSERT INTO product_weights (tenant, template, image_weight, text_weight) VALUES (?, ?, ?, ?)
            ON CONFLICT (tenant, template) DO UPDATE SET image_weight = excluded.image_weight,
              text_weight = excluded.text_weight
            """, [.text(tenant.rawValue), .text(template ?? ""), .real(weights.image), .real(weights.text)])
    }
}

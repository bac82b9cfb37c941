import HearthCore
import HearthJSON
import HearthVectors

import struct Foundation.Data

extension ProductTable {
    // MARK: What is to be embedded

    /// A product as it is looked at.
    struct Subject: Sendable, SQLDecodable {
        let productID: String
        /// Rises with each change; a result of an older one is dropped.
        let revision: Int64
        /// Title and description; nil when it has neither.
        let text: String?
        var images: [ProductImage] = []

        /// Of id, revision, title and description.
        init(row: inout SQLRow) throws {
            productID = try row.next()
            revision = try row.next()
            let parts = [try row.next(String.self), try row.next(String.self)].filter { part in
                part.unicodeScalars.contains { !$0.properties.isWhitespace }
            }
            text = parts.isEmpty ? nil : parts.joined(separator: "\n")
        }
    }

    /// One product as it is now; nil when it is gone.
    func subject(_ id: String, of tenant: Tenant, in db: any SQLConnection) throws -> Subject? {
        try subjects("WHERE id = \(id) AND tenant = \(tenant)", in: db).first
    }

    /// Products without a current embedding, the oldest first; the partial index finds them.
    func subjectsToEmbed(
        of tenant: Tenant, template: String?, after: String, limit: Int, in db: any SQLConnection
    ) throws -> [Subject] {
        let conditions = Filter(template: template).conditions
        return try subjects(
            """
            WHERE tenant = \(tenant) AND embedding_digest IS NULL AND id > \(after)\(conditions)
            ORDER BY id LIMIT \(limit)
            """, in: db)
    }

    /// How many have no current embedding.
    /// - Parameter limit: more are not counted; nil: all are.
    func countToEmbed(
        of tenant: Tenant, template: String?, sourceType: String? = nil, limit: Int? = nil, in db: any SQLConnection
    ) throws -> Int {
        let conditions = Filter(template: template, sourceType: sourceType).conditions
        let bound: SQL = if let limit { " LIMIT \(limit)" } else { "" }
        return try db.value(
            """
            SELECT COUNT(*) FROM (SELECT 1 FROM products
              WHERE tenant = \(tenant) AND embedding_digest IS NULL\(conditions)\(bound)) waiting
            """, as: Int.self) ?? 0
    }

    /// How many have an embedding that is not by these models.
    func countStale(_ key: String, of tenant: Tenant, template: String?, in db: any SQLConnection) throws -> Int {
        let conditions = Filter(template: template).conditions
        return try db.value(
            """
            SELECT COUNT(*) FROM products
            WHERE tenant = \(tenant) AND embedding_digest IS NOT NULL AND embedding_digest <> \(key)\(conditions)
            """, as: Int.self) ?? 0
    }

    /// Whether a product has waited for its embedding for so long that its own job cannot be on its way.
    func hasWaiting(since time: Int64, of tenant: Tenant, in db: any SQLConnection) throws -> Bool {
        try db.exists(
            """
            SELECT id FROM products WHERE tenant = \(tenant) AND embedding_digest IS NULL AND updated_at <= \(time)
            LIMIT 1
            """)
    }

    /// Records that the vectors of a revision exist.
    /// - Returns: false when the product has changed or gone meanwhile.
    func markEmbedded(
        _ subject: Subject, key: String, failure: String?, in db: any SQLConnection
    ) throws -> Bool {
        try db.execute(
            """
            UPDATE products SET embedding_digest = \(key), embedding_failure = \(failure)
            WHERE id = \(subject.productID) AND revision = \(subject.revision)
            """) > 0
    }

    /// What a product is filtered by as it is now; nothing when it is gone.
    func filteredAttributes(of id: String, in db: any SQLConnection) throws -> [String: AttributeValue] {
        try db.row("SELECT template, source_type, attributes FROM products WHERE id = \(id)") { row in
            Product.filteredAttributes(
                template: try row.next(), sourceType: try row.next(),
                attributes: try JSONParser.read(Data(row.next(String.self).utf8)))
        } ?? [:]
    }

    func exists(_ id: String, in db: any SQLConnection) throws -> Bool {
        try db.exists("SELECT id FROM products WHERE id = \(id)")
    }

    /// - Parameter conditions: the statement from its WHERE on.
    private func subjects(_ conditions: SQL, in db: any SQLConnection) throws -> [Subject] {
        let subjects = try db.rows(
            "SELECT id, revision, title, description FROM products \(conditions)", as: Subject.self)
        let images = try images(ofProducts: subjects.map(\.productID), in: db)
        return subjects.map { subject in
            var subject = subject
            subject.images = images[subject.productID] ?? []
            return subject
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
        /// Whether products were added or changed since the target is another than the served models: searches find
        /// them, or what is new of them, once they use the target.
        let isBehind: Bool

        /// Whether products without a current embedding still have one that searches use.
        var isSwitching: Bool { served != nil && served != target }
    }

    func tenants(in db: any SQLConnection) throws -> [Tenant] {
        try db.values("SELECT tenant FROM product_models ORDER BY tenant", as: Tenant.self)
    }

    func models(of tenant: Tenant, in db: any SQLConnection) throws -> Models? {
        try db.row("SELECT served, target, is_cleared, is_behind FROM product_models WHERE tenant = \(tenant)") { row in
            Models(
                served: try Self.models(row.next()), target: try Self.models(row.next()), isCleared: try row.next(),
                isBehind: try row.next())
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
            UPDATE product_models SET target = \(text), served = COALESCE(served, \(text)), is_cleared = 0,
              is_behind = CASE WHEN (served IS DISTINCT FROM target AND is_behind = 1) OR EXISTS (
                SELECT 1 FROM products WHERE tenant = \(tenant) AND embedding_digest IS NULL) THEN 1 ELSE 0 END
            WHERE tenant = \(tenant)
            """)
    }

    /// The next products by id whose embedding is not by these models.
    func stale(_ key: String, of tenant: Tenant, after id: String, in db: any SQLConnection) throws -> [String] {
        try db.values(
            """
            SELECT id FROM products
            WHERE tenant = \(tenant) AND id > \(id) AND embedding_digest IS NOT NULL AND embedding_digest <> \(key)
            ORDER BY id LIMIT \(Limits.stepItems)
            """, as: String.self)
    }

    /// Makes products ones to embed, except those that are by these models by now; nothing of theirs is removed.
    func clear(_ ids: [String], exceptBy key: String, in db: any SQLConnection) throws {
        try db.execute(
            "UPDATE products SET embedding_digest = NULL WHERE id IN \(list: ids) AND embedding_digest <> \(key)")
    }

    /// Records that a product was added or changed; while searches use the models before, they do not see it.
    func markBehind(of tenant: Tenant, in db: any SQLConnection) throws {
        try db.execute(
            """
            UPDATE product_models SET is_behind = 1
            WHERE tenant = \(tenant) AND is_behind = 0 AND served IS DISTINCT FROM target AND served IS NOT NULL
            """)
    }

    func markCleared(of tenant: Tenant, in db: any SQLConnection) throws {
        try db.execute("UPDATE product_models SET is_cleared = 1 WHERE tenant = \(tenant)")
    }

    /// Lets searches use the target, in one step, once every product is embedded by it.
    /// - Returns: whether they use another model now than before.
    func switchModels(of tenant: Tenant, in db: any SQLConnection) throws -> Bool {
        guard try !hasWaiting(since: .max, of: tenant, in: db) else { return false }
        return try db.execute(
            """
            UPDATE product_models SET served = target, is_behind = 0
            WHERE tenant = \(tenant) AND is_cleared = 1 AND target IS NOT NULL AND served IS DISTINCT FROM target
            """) > 0
    }

    // MARK: Weights

    /// What the parts of a product count in combined searches of a template; of all when it has none of its own.
    func weights(of template: String?, tenant: Tenant, in db: any SQLConnection) throws -> PartWeights {
        for name in [template, ""] {
            guard let name else { continue }
            let weights = try db.row(
                """
                SELECT image_weight, text_weight FROM product_weights WHERE tenant = \(tenant) AND template = \(name)
                """
            ) { row in PartWeights(image: try row.next(), text: try row.next()) }
            if let weights { return weights }
        }
        return .standard
    }

    /// Whether a template, or all together, have weights of their own.
    func hasWeights(of template: String?, tenant: Tenant, in db: any SQLConnection) throws -> Bool {
        try db.exists(
            "SELECT 1 FROM product_weights WHERE tenant = \(tenant) AND template = \(template ?? "")")
    }

    func setWeights(
        _ weights: PartWeights, of template: String?, tenant: Tenant, in db: any SQLConnection
    ) throws {
        try db.execute(
            """
            INSERT INTO product_weights (tenant, template, image_weight, text_weight)
            VALUES (\(tenant), \(template ?? ""), \(weights.image), \(weights.text))
            ON CONFLICT (tenant, template) DO UPDATE SET image_weight = excluded.image_weight,
              text_weight = excluded.text_weight
            """)
    }
}

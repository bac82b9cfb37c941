import HearthCore
import HearthJSON

extension ProductTable {
    /// What to say where nothing was found: that no product has this template, and which there are; nil where it is one
    /// that products have, or there are no products.
    func hint(onTemplate template: String, of tenant: Tenant, in db: any SQLConnection) throws -> String? {
        guard try !db.exists("SELECT id FROM products WHERE tenant = \(tenant) AND template = \(template)") else {
            return nil
        }
        var names: [String] = []
        // Each by the index, however many products have it.
        while names.count < Limits.comparedNames,
            let next = try db.value(
                """
                SELECT template FROM products WHERE tenant = \(tenant) AND template > \(names.last ?? "")
                ORDER BY template LIMIT 1
                """, as: String.self)
        { names.append(next) }
        guard !names.isEmpty else { return nil }
        let near = NearestName.of(template, among: names).map { "Did you mean `\($0)`?" }
        return "No product has the template `\(template)`. \(near ?? Self.list(names))"
    }

    /// Some of the names that there are.
    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(5).map { "`\($0)`" }.joined(separator: ", ")
        return "There are \(shown)\(names.count > 5 ? " and others" : "")."
    }

    /// The error about a product that there is not; it names the one that was probably meant.
    func missingProduct(_ reference: String, of tenant: Tenant, in db: any SQLConnection) throws -> HearthError {
        let list = "`GET /products` lists them with `external_id` and `product_id`."
        guard !Identifier.isValid(reference) else { return Self.missing("product", hint: list) }
        let names = try db.values(
            """
            SELECT external_id FROM products WHERE tenant = \(tenant)
            ORDER BY id DESC LIMIT \(Limits.comparedNames)
            """, as: String.self)
        let near = NearestName.of(reference, among: names).map { "Did you mean `\($0)`? " } ?? ""
        return Self.missing("product", hint: near + list)
    }
}

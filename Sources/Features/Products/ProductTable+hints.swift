import HearthCore
import HearthJSON

extension ProductTable {
    /// What to say where nothing was found: the template that was probably meant, when no product has this one.
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
        return NearestName.of(template, among: names).map {
            "No product has the template `\(template)`. Did you mean `\($0)`?"
        }
    }
}

import HearthCore
import HearthTesting

@testable import HearthVectorStore

/// All vectors of a test in a plain list, searched one by one: what `VectorCollections` must agree with.
struct CollectionOracle {
    struct Row {
        let item: String
        var owner: String
        var space: VectorSpace
        var vector: [Float]
    }

    private(set) var rows: [Row] = []

    /// Adds the vector of an item, or replaces the one that it has in that space.
    mutating func upsert(_ row: Row) {
        rows.removeAll { $0.item == row.item && $0.space == row.space }
        rows.append(row)
    }

    mutating func remove(_ items: Set<String>) { rows.removeAll { items.contains($0.item) } }

    mutating func remove(scope: String, of tenant: Tenant) {
        rows.removeAll { $0.space.scope == scope && $0.space.tenant == tenant }
    }

    /// The closest owners, best first, and how many vectors were compared.
    func search(
        _ query: [Float], model: ModelIdentity, tenant: Tenant, scope: String?, k: Int
    ) -> (matches: [Row], compared: Int) {
        let compared = rows.filter {
            $0.space.tenant == tenant && $0.space.modelDigest == model.digest
                && (scope ?? $0.space.scope) == $0.space.scope
        }
        var best: [String: Row] = [:]
        for row in compared {
            let key = "\(row.space.scope) \(row.owner)"
            if let other = best[key], Self.score(other, query) >= Self.score(row, query) { continue }
            best[key] = row
        }
        let sorted = best.values.sorted { Self.score($0, query) > Self.score($1, query) }
        return (Array(sorted.prefix(k)), compared.count)
    }

    static func score(_ row: Row, _ query: [Float]) -> Double {
        zip(row.vector, query).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
}

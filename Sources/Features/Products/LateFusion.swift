import HearthCore

/// Merges what was found by pictures and by texts into one order (late fusion), exactly.
///
/// A product's score is the mean of the cosines of those of its parts that were asked for and that it has, by their
/// weights. The lists of both parts are read down to a depth, the best first; what stands in neither of them cannot
/// have more than the larger of the two last scores, since a weighted mean is never above its largest part. So when
/// the k-th of those seen has at least that, no unseen one belongs before it (the threshold algorithm of Fagin,
/// Lotem and Naor, 2003).
struct LateFusion: Sendable {
    /// A product's cosine in one part, and the item that has it.
    struct Hit: Sendable, Equatable {
        let item: String
        let score: Float
    }

    /// A product with a score over its parts.
    struct Match: Sendable, Equatable {
        let product: String
        let score: Double
        let hits: [ProductPart: Hit]
    }

    let weights: PartWeights
    private var hits: [String: [ProductPart: Hit]] = [:]
    /// The last score of each list that goes on below it.
    private var bounds: [ProductPart: Float] = [:]

    init(weights: PartWeights) { self.weights = weights }

    /// Products that are not in a part's list.
    func missing(_ part: ProductPart) -> [String] { hits.filter { $0.value[part] == nil }.map(\.key).sorted() }

    /// Adds what a part's list holds.
    mutating func add(_ found: [(product: String, hit: Hit)], of part: ProductPart) {
        for (product, hit) in found { hits[product, default: [:]][part] = hit }
    }

    /// Says where a part's list goes on; nil: it has ended.
    mutating func setBound(_ score: Float?, of part: ProductPart) { bounds[part] = score }

    /// The best `k`, and whether no unseen product belongs among them.
    func best(_ k: Int) -> (matches: [Match], isCertain: Bool) {
        var matches = hits.map { product, hits in
            Match(product: product, score: score(hits), hits: hits)
        }
        matches.sort(by: Self.precedes)
        let best = Array(matches.prefix(k))
        guard let bound = bounds.values.max() else { return (best, true) }
        return (best, best.count == k && (best.last?.score ?? -2) >= Double(bound))
    }

    /// The order of matches: best first, equal scores by product.
    static func precedes(_ left: Match, _ right: Match) -> Bool {
        (left.score, right.product) > (right.score, left.product)
    }

    private func score(_ hits: [ProductPart: Hit]) -> Double {
        var (sum, total) = (0.0, 0.0)
        for (part, hit) in hits {
            sum += weights[part] * Double(hit.score)
            total += weights[part]
        }
        // A product that has only what counts nothing is found, behind all others.
        return total > 0 ? sum / total : -1
    }
}

/// What the two parts of a product count in a combined score; only their ratio matters.
struct PartWeights: Sendable, Codable, Equatable {
    var image: Double
    var text: Double

    /// The greatest weight; the smallest that says anything is one over it.
    static let limit = 1e6
    static let standard = PartWeights(image: 0.5, text: 0.5)

    subscript(part: ProductPart) -> Double { part == .image ? image : text }

    /// - Throws: ``HearthError`` `invalid_request`.
    func check() throws(HearthError) {
        let allowed = 0...Self.limit
        guard allowed.contains(image), allowed.contains(text), max(image, text) >= 1 / Self.limit else {
            throw HearthError(
                .invalidRequest, "The weights are not usable.",
                hint: "Both from 0 to \(Int(Self.limit)), and at least one of them above 0.")
        }
    }
}

/// How well vectors find what shows the same character or product, by leaving one out: each picture is looked for among
/// all others.
package struct RetrievalEvaluation: Sendable {
    /// A picture of an owner: a character, a product.
    package struct View: Sendable {
        /// What it shows.
        package let owner: String
        /// Shape `[dims]`, of length 1.
        fileprivate let direction: [Float]

        /// - Parameter vector: of any length but 0.
        package init(owner: String, vector: [Float]) {
            self.owner = owner
            let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            direction = vector.map { length > 0 ? $0 / length : 0 }
        }

        /// The cosine of two views, whose vectors have one length.
        fileprivate func score(_ other: View) -> Float {
            // Eight sums beside each other: one sum would wait for each product.
            var sums = SIMD8<Float>.zero
            let whole = direction.count / 8 * 8
            return direction.withUnsafeBufferPointer { left in
                other.direction.withUnsafeBufferPointer { right in
                    for start in stride(from: 0, to: whole, by: 8) {
                        for lane in 0..<8 { sums[lane] += left[start + lane] * right[start + lane] }
                    }
                    return (whole..<left.count).reduce(sums.sum()) { $0 + left[$1] * right[$1] }
                }
            }
        }
    }

    /// What was found. Parts of pictures are 0…1.
    package struct Result: Sendable, Codable, Equatable {
        package var owners: Int
        /// Pictures that were looked for …
        package var pictures: Int
        /// … and those of them whose owner has another picture, which alone can be found without themselves.
        package var repeated: Int
        /// Repeated pictures whose nearest other picture has the same owner; nil when there are none.
        package var top1: Double?
        /// Repeated pictures with one of the same owner among their five nearest others.
        package var top5: Double?
        /// For each k: of the other pictures of the same owner, at most k, the part that is among the k nearest, on
        /// average. It may fall with k: one of four pictures is easily found, and then all four are wanted.
        package var found: [String: Double]
        /// Pictures whose nearest picture, the unchanged one of themselves included, has their owner.
        package var itself: Double
        /// What a threshold makes of these pictures; nil without one.
        package var decision: Decision?
        /// The lowest thresholds that at most 5 % and 1 % of strangers reach, by `0.05` and `0.01`; a stranger is a
        /// picture that is looked for among the pictures of all other owners. Empty when there is one owner only.
        package var strangerThresholds: [String: Double]
        /// Pictures whose nearest shop picture has their owner; nil when there are no shop pictures.
        package var viewToShop: Double?
    }

    /// What a threshold makes of pictures: the best match counts as the same owner from there on.
    package struct Decision: Sendable, Codable, Equatable {
        /// For a search among all of them.
        package var threshold: Double
        /// Repeated pictures that find their owner, and reach the threshold; nil when there are none.
        package var known: Double?
        /// The same among all pictures, the unchanged one of themselves included.
        package var itselfKnown: Double
        /// Strangers that reach it, and so are taken for another owner; nil when there is one owner only.
        package var strangersAccepted: Double?
    }

    package static let depths = [1, 5, 10, 20]
    /// Parts of strangers for which a threshold is named.
    private static let strangerShares = [0.05, 0.01]

    package init() {}

    /// - Parameters:
    ///   - views: The pictures that are there to be found.
    ///   - queries: Each of them as it is looked for, in the same order; nil leaves one out. Absent: as it is.
    ///   - shop: One picture of each product that is clean, as in a shop's list.
    ///   - match: From which cosine on a match counts as the same owner; nil: that is not known.
    package func evaluate(
        views: [View], queries: [View?]? = nil, shop: [View] = [], match: MatchRule? = nil
    ) -> Result {
        var counts = Counts()
        for (place, query) in (queries ?? views).enumerated() {
            guard let query else { continue }
            let scores = views.map { query.score($0) }
            counts.add(Ranking(place, scores: scores, views: views), match: match)
            let nearest = shop.max { query.score($0) < query.score($1) }
            if nearest?.owner == query.owner { counts.shop += 1 }
        }
        return counts.result(
            owners: Set(views.map(\.owner)).count, hasShop: !shop.isEmpty,
            threshold: match?.threshold(among: views.count))
    }

    /// The pictures that are there, ordered by how near they are to one of them.
    private struct Ranking {
        /// Whether each of the other pictures has the same owner, the nearest first.
        let isSame: [Bool]
        /// The score of the nearest one.
        let nearest: Float?
        /// The score of the nearest one of another owner.
        let stranger: Float?
        /// Whether the nearest one, itself included, has the same owner, and its score.
        let isItself: Bool
        let withItself: Float

        init(_ place: Int, scores: [Float], views: [View]) {
            let owner = views[place].owner
            let order = scores.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }
            let others = order.filter { $0 != place }
            isSame = others.map { views[$0].owner == owner }
            nearest = others.first.map { scores[$0] }
            stranger = others.first { views[$0].owner != owner }.map { scores[$0] }
            isItself = order.first.map { views[$0].owner == owner } ?? false
            withItself = order.first.map { scores[$0] } ?? -1
        }
    }

    /// What is counted picture by picture.
    private struct Counts {
        var (pictures, repeated, top1, top5, itself, shop) = (0, 0, 0, 0, 0, 0)
        var (known, itselfKnown) = (0, 0)
        var found = [Double](repeating: 0, count: RetrievalEvaluation.depths.count)
        var strangers: [Float] = []
        var strangersAccepted = 0

        mutating func add(_ ranking: Ranking, match: MatchRule?) {
            func reaches(_ score: Float?, among compared: Int) -> Bool {
                score.map { Double($0) >= match?.threshold(among: compared) ?? -1 } ?? false
            }
            let (others, total) = (ranking.isSame.count, ranking.isSame.count { $0 })
            pictures += 1
            if let score = ranking.stranger { strangers.append(score) }
            if reaches(ranking.stranger, among: others - total) { strangersAccepted += 1 }
            if ranking.isItself { itself += 1 }
            if ranking.isItself, reaches(ranking.withItself, among: others + 1) { itselfKnown += 1 }
            guard total > 0 else { return }
            repeated += 1
            if ranking.isSame[0] { top1 += 1 }
            if ranking.isSame[0], reaches(ranking.nearest, among: others) { known += 1 }
            if ranking.isSame.prefix(5).contains(true) { top5 += 1 }
            for (index, depth) in RetrievalEvaluation.depths.enumerated() {
                found[index] += Double(ranking.isSame.prefix(depth).count { $0 }) / Double(min(total, depth))
            }
        }

        func result(owners: Int, hasShop: Bool, threshold: Double?) -> Result {
            let (all, some) = (Double(max(pictures, 1)), Double(max(repeated, 1)))
            func part(_ count: Int) -> Double? { repeated > 0 ? Double(count) / some : nil }
            let decision = threshold.map { threshold in
                Decision(
                    threshold: threshold, known: part(known), itselfKnown: Double(itselfKnown) / all,
                    strangersAccepted: strangers.isEmpty ? nil : Double(strangersAccepted) / Double(strangers.count))
            }
            return Result(
                owners: owners, pictures: pictures, repeated: repeated, top1: part(top1), top5: part(top5),
                found: Dictionary(
                    uniqueKeysWithValues: zip(RetrievalEvaluation.depths, found).map { ("@\($0)", $1 / some) }),
                itself: Double(itself) / all, decision: decision, strangerThresholds: strangerThresholds,
                viewToShop: hasShop ? Double(shop) / all : nil)
        }

        private var strangerThresholds: [String: Double] {
            let sorted = strangers.sorted(by: >)
            guard !sorted.isEmpty else { return [:] }
            return RetrievalEvaluation.strangerShares.reduce(into: [:]) { found, share in
                let allowed = Int(share * Double(sorted.count))
                found[String(share)] = Double(sorted[allowed].nextUp)
            }
        }
    }
}

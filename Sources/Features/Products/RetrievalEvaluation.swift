/// How well vectors find what shows the same product, by leaving one out: each view is looked for among all others.
package struct RetrievalEvaluation: Sendable {
    /// A picture of a product.
    package struct View: Sendable {
        /// Which product it shows.
        package let product: String
        /// Shape `[dims]`, of length 1.
        let direction: [Float]

        /// - Parameter vector: of any length but 0.
        package init(product: String, vector: [Float]) {
            self.product = product
            let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            direction = vector.map { length > 0 ? $0 / length : 0 }
        }
    }

    /// What was found.
    package struct Result: Sendable, Codable, Equatable {
        package var products: Int
        package var views: Int
        /// Views whose nearest other view shows the same product, as a part of all.
        package var top1: Double
        /// Views with one of the same product among their five nearest.
        package var top5: Double
        /// For each k: of the other views of the same product, the part that is among the k nearest, on average.
        package var recall: [String: Double]
        /// Views whose nearest shop picture is that of their product; nil when there are none.
        package var viewToShop: Double?
    }

    package static let depths = [1, 5, 10, 20]

    package init() {}

    /// - Parameters:
    ///   - views: photos; products with one view only are looked for and cannot be found.
    ///   - shop: one picture a product that is clean, as in a shop's catalogue.
    package func evaluate(views: [View], shop: [View]) -> Result {
        var (top1, top5, found) = (0, 0, 0)
        var recalls = [Double](repeating: 0, count: Self.depths.count)
        var counted = 0
        for (place, view) in views.enumerated() {
            let others = views.indices.filter { $0 != place }
            let order = others.map { (score: dot(view.direction, views[$0].direction), $0) }
                .sorted { ($0.score, $1.1) > ($1.score, $0.1) }
            let isSame = order.map { views[$0.1].product == view.product }
            if isSame.first == true { top1 += 1 }
            if isSame.prefix(5).contains(true) { top5 += 1 }
            let total = isSame.count { $0 }
            if total > 0 {
                counted += 1
                for (index, depth) in Self.depths.enumerated() {
                    recalls[index] += Double(isSame.prefix(depth).count { $0 }) / Double(min(total, depth))
                }
            }
            let nearest = shop.max { dot(view.direction, $0.direction) < dot(view.direction, $1.direction) }
            if nearest?.product == view.product { found += 1 }
        }
        let count = Double(max(views.count, 1))
        let recall = Dictionary(
            uniqueKeysWithValues: zip(Self.depths, recalls).map { ("@\($0)", $1 / Double(max(counted, 1))) })
        return Result(
            products: Set(views.map(\.product)).count, views: views.count, top1: Double(top1) / count,
            top5: Double(top5) / count, recall: recall, viewToShop: shop.isEmpty ? nil : Double(found) / count)
    }

    private func dot(_ left: [Float], _ right: [Float]) -> Float {
        zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    }
}

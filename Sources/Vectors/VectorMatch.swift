/// The closest item of an owner.
package struct VectorMatch: Sendable, Equatable {
    package let item: String
    package let owner: String
    /// By the metric, greater is closer: cosine, dot product, or minus the squared distance.
    package let score: Float

    package init(item: String, owner: String, score: Float) {
        self.item = item
        self.owner = owner
        self.score = score
    }

    /// The order of results: best first, equal scores by item.
    package static func isCloser(_ left: VectorMatch, _ right: VectorMatch) -> Bool {
        left.score != right.score ? left.score > right.score : left.item < right.item
    }
}

import Foundation

/// From which cosine on two pictures count as the same character, by how many pictures were compared.
///
/// The best of many scores is higher than the best of few, among strangers as well. So where few pictures are compared,
/// a lower threshold takes as many strangers for a character as the threshold of many does there.
package struct MatchRule: Sendable, Equatable {
    /// For `anchors` pictures or more; for any number when `anchors` is nil.
    package let threshold: Double
    /// Pictures from which on the threshold holds; nil: from the first one on.
    package let anchors: Int?
    /// How much lower the threshold is each time that half as many pictures are compared.
    package let perHalving: Double?

    /// A rule of a model, as its manifest has it.
    package init(threshold: Double, anchors: Int? = nil, perHalving: Double? = nil) {
        self.threshold = threshold
        self.anchors = anchors
        self.perHalving = perHalving
    }

    /// The threshold for a search among so many pictures, with three digits.
    package func threshold(among compared: Int) -> Double {
        guard let anchors, let perHalving, compared < anchors else { return threshold }
        let lower = threshold - perHalving * log2(Double(anchors) / Double(max(compared, 1)))
        return (lower * 1_000).rounded() / 1_000
    }
}

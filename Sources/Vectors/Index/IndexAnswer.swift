/// What a search got.
package struct IndexAnswer: Sendable {
    /// For each query the owners whose best item is closest, best first.
    package var matches: [[VectorMatch]]
    /// Vectors that the filter let through.
    package var compared: Int
}

/// What a search got.
package struct IndexAnswer: Sendable {
    /// For each query the owners whose best item is closest, best first.
    package var matches: [[ExactIndex.Match]]
    /// Vectors that the filter let through.
    package var compared: Int
}

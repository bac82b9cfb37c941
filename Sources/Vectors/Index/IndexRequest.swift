/// What a search wants of an index.
package struct IndexRequest: Sendable {
    package let queries: [ScanQuery]
    package let k: Int
    package let filter: VectorFilter
    /// Compares float32 only.
    package let isExact: Bool

    package init(queries: [ScanQuery], k: Int, filter: VectorFilter, isExact: Bool) {
        self.queries = queries
        self.k = k
        self.filter = filter
        self.isExact = isExact
    }
}

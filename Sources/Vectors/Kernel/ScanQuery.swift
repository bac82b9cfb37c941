import CVectors

/// A query as the kernels take it: its floats, and their codes.
///
/// `@unchecked Sendable`: the memory is written in the initialiser only.
package final class ScanQuery: @unchecked Sendable {
    package let metric: VectorMetric
    package let dims: Int
    let query: hearth_query
    private let memory: UnsafeMutableRawPointer

    /// - Parameters:
    ///   - vector: shape `[dims]`, finite; brought to unit length for cosine.
    ///   - metric: what the rows were prepared for.
    package init(_ vector: [Float], metric: VectorMetric) {
        self.metric = metric
        dims = vector.count
        let stride = QuantisedMatrixView.stride(dims: dims)
        // Codes, wide codes and floats in one piece.
        memory = .allocate(byteCount: max(stride * 7, 1), alignment: 64)
        let codes = memory.bindMemory(to: Int8.self, capacity: stride)
        let wide = (memory + stride).bindMemory(to: Int16.self, capacity: stride)
        let floats = (memory + stride * 3).bindMemory(to: Float.self, capacity: stride)
        floats.initialize(from: metric.prepared(vector), count: dims)
        let quantised = hearth_quantise_query(floats, dims, stride, codes, wide)
        let sum = UnsafeBufferPointer(start: wide, count: stride).reduce(Int32(0)) { $0 + Int32($1) }
        query = hearth_query(
            codes: codes, wide: wide, vector: floats, factor: (metric == .euclidean ? 2 : 1) * quantised.scale,
            correction: 128 * sum, is_euclidean: metric == .euclidean ? 1 : 0, length: quantised.length,
            error: quantised.error)
    }

    deinit { memory.deallocate() }
}
